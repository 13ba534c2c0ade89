/* Ringside's hypercalls, for 32-bit code. Written by scripts/generateHypercalls.mjs from src/vmm/hypercalls/table.ts. */
#ifndef RINGSIDE_HYPERCALLS_H
#define RINGSIDE_HYPERCALLS_H

/* Discovery: CPUID leaf HC_LEAF answers with the signature in EBX, ECX, EDX; the next leaf with version, vector, first and last number. */
#define HC_LEAF                  0x40000100   /* RingsideRing */
#define HC_SIGNATURE_EBX         0x676e6952   /* Ring */
#define HC_SIGNATURE_ECX         0x65646973   /* side */
#define HC_SIGNATURE_EDX         0x676e6952   /* Ring */
#define HC_VERSION               1            /* of this interface */
#define HC_VECTOR                0x82         /* of INT, where there is no VMCALL */

/* Numbers. */
#define HC_CONSOLE_WRITE         0x100        /* Prints bytes on the console. */
#define HC_CONSOLE_READ          0x101        /* Takes what was typed on the console; does not wait. */
#define HC_DISK_SIZE             0x102        /* Says how large the first disk is. */
#define HC_DISK_READ             0x103        /* Reads sectors of the first disk. */
#define HC_DISK_WRITE            0x104        /* Writes sectors of the first disk. */
#define HC_SET_TIMER             0x105        /* Asks for a timer event, once; replaces an earlier request. */
#define HC_UPDATE_PAGE_TABLES    0x106        /* Stores entries of page tables, all of them or none. Flushes nothing. */
#define HC_SET_PAGE_BASE         0x107        /* Loads CR3, which flushes the TLB, and turns paging on. */
#define HC_FLUSH_TLB             0x108        /* Drops one page from the TLB, or all. */
#define HC_SET_SHARED_PAGE       0x109        /* Says where the shared page is, and by which vector events arrive. */
#define HC_MASK_EVENTS           0x10a        /* Sets the mask in the shared page: what CLI is to interrupts. */
#define HC_UNMASK_EVENTS         0x10b        /* Clears the mask, and delivers what waits: what STI is to interrupts. */
#define HC_SET_TRAP_TABLE        0x10c        /* Registers handlers; they replace those of the IDT. Without entries: the IDT counts again. */
#define HC_SET_KERNEL_STACK      0x10d        /* Says where the stack is when user code enters the kernel: what SS0 and ESP0 of a TSS are. */
#define HC_SET_GDT               0x10e        /* Says where the GDT is: what LGDT does. */
#define HC_IRET                  0x10f        /* Returns from a handler: takes EAX from the stack, then what IRET takes. A frame that IRET would refuse raises IRET’s fault. */
#define HC_HALT                  0x110        /* Clears the mask and waits for an event or an interrupt. */
#define HC_YIELD                 0x111        /* Gives the rest of the time slice away. */
#define HC_SHUTDOWN              0x112        /* Turns the VM off. */
#define HC_SEND_MESSAGE          0x113        /* Sends bytes to another VM of the same hypervisor. */
#define HC_RECEIVE_MESSAGE       0x114        /* Takes a message that another VM has sent; does not wait. A message that is too long for the buffer stays. */
#define HC_VM_NUMBER             0x115        /* Says which VM this is, to the others. */

/* Errors: results are their negatives. */
#define HC_EPERM                 1            /* The caller is not the guest’s kernel. */
#define HC_EIO                   5            /* The disk could not be read or written. */
#define HC_EAGAIN                11           /* The receiver has not read its messages; try again later. */
#define HC_EFAULT                14           /* A pointer leads to memory that is not mapped, or may not be written. */
#define HC_ENODEV                19           /* There is no such device. */
#define HC_EINVAL                22           /* An argument is out of range. */
#define HC_ENOSYS                1000         /* There is no such hypercall. */

/* Offsets in the shared page. */
#define SHARED_MASK              0            /* 1: events wait. The virtual interrupt flag, inverted; the guest stores into it instead of CLI and STI. */
#define SHARED_PENDING           1            /* 1: something waits for the mask to be cleared. A guest that has cleared it looks here, and calls unmask_events. */
#define SHARED_EVENTS            4            /* What has happened, a bit each; the guest clears what it has served. */
#define SHARED_FAULT_ADDRESS     8            /* The address of the last page fault, which CR2 has. */

/* Bits of its events. */
#define EVENT_TIMER              1            /* the time that set_timer asked for has come */
#define EVENT_CONSOLE            2            /* there is something for console_read */
#define EVENT_MESSAGE            4            /* there is something for receive_message */

/* Flags in the trap table. */
#define TRAP_DPL                 3            /* the least privileged ring whose INT n may use it */
#define TRAP_MASK_EVENTS         4            /* its handler starts with events masked */

static inline int hypercall(int number, unsigned ebx, unsigned ecx, unsigned edx, unsigned esi)
{
    int result;
    __asm__ volatile ("vmcall" : "=a" (result) : "a" (number), "b" (ebx), "c" (ecx), "d" (edx), "S" (esi) : "memory");
    return result;
}

/* Prints bytes on the console. */
static inline int hc_console_write(const void *text, unsigned length)
{
    return hypercall(HC_CONSOLE_WRITE, (unsigned)text, (unsigned)length, 0, 0);
}

/* Takes what was typed on the console; does not wait. */
static inline int hc_console_read(void *buffer, unsigned length)
{
    return hypercall(HC_CONSOLE_READ, (unsigned)buffer, (unsigned)length, 0, 0);
}

/* Says how large the first disk is. */
static inline int hc_disk_size(void)
{
    return hypercall(HC_DISK_SIZE, 0, 0, 0, 0);
}

/* Reads sectors of the first disk. */
static inline int hc_disk_read(unsigned sector, void *buffer, unsigned count)
{
    return hypercall(HC_DISK_READ, (unsigned)sector, (unsigned)buffer, (unsigned)count, 0);
}

/* Writes sectors of the first disk. */
static inline int hc_disk_write(unsigned sector, const void *buffer, unsigned count)
{
    return hypercall(HC_DISK_WRITE, (unsigned)sector, (unsigned)buffer, (unsigned)count, 0);
}

/* Asks for a timer event, once; replaces an earlier request. */
static inline int hc_set_timer(unsigned microseconds)
{
    return hypercall(HC_SET_TIMER, (unsigned)microseconds, 0, 0, 0);
}

/* Stores entries of page tables, all of them or none. Flushes nothing. */
static inline int hc_update_page_tables(const void *updates, unsigned count)
{
    return hypercall(HC_UPDATE_PAGE_TABLES, (unsigned)updates, (unsigned)count, 0, 0);
}

/* Loads CR3, which flushes the TLB, and turns paging on. */
static inline int hc_set_page_base(unsigned directory)
{
    return hypercall(HC_SET_PAGE_BASE, (unsigned)directory, 0, 0, 0);
}

/* Drops one page from the TLB, or all. */
static inline int hc_flush_tlb(unsigned address)
{
    return hypercall(HC_FLUSH_TLB, (unsigned)address, 0, 0, 0);
}

/* Says where the shared page is, and by which vector events arrive. */
static inline int hc_set_shared_page(unsigned shared_page, unsigned vector)
{
    return hypercall(HC_SET_SHARED_PAGE, (unsigned)shared_page, (unsigned)vector, 0, 0);
}

/* Sets the mask in the shared page: what CLI is to interrupts. */
static inline int hc_mask_events(void)
{
    return hypercall(HC_MASK_EVENTS, 0, 0, 0, 0);
}

/* Clears the mask, and delivers what waits: what STI is to interrupts. */
static inline int hc_unmask_events(void)
{
    return hypercall(HC_UNMASK_EVENTS, 0, 0, 0, 0);
}

/* Registers handlers; they replace those of the IDT. Without entries: the IDT counts again. */
static inline int hc_set_trap_table(const void *entries, unsigned count)
{
    return hypercall(HC_SET_TRAP_TABLE, (unsigned)entries, (unsigned)count, 0, 0);
}

/* Says where the stack is when user code enters the kernel: what SS0 and ESP0 of a TSS are. */
static inline int hc_set_kernel_stack(unsigned selector, unsigned esp)
{
    return hypercall(HC_SET_KERNEL_STACK, (unsigned)selector, (unsigned)esp, 0, 0);
}

/* Says where the GDT is: what LGDT does. */
static inline int hc_set_gdt(const void *table, unsigned length)
{
    return hypercall(HC_SET_GDT, (unsigned)table, (unsigned)length, 0, 0);
}

/* Clears the mask and waits for an event or an interrupt. */
static inline int hc_halt(void)
{
    return hypercall(HC_HALT, 0, 0, 0, 0);
}

/* Gives the rest of the time slice away. */
static inline int hc_yield(void)
{
    return hypercall(HC_YIELD, 0, 0, 0, 0);
}

/* Turns the VM off. */
static inline int hc_shutdown(unsigned code)
{
    return hypercall(HC_SHUTDOWN, (unsigned)code, 0, 0, 0);
}

/* Sends bytes to another VM of the same hypervisor. */
static inline int hc_send_message(unsigned vm, const void *message, unsigned length)
{
    return hypercall(HC_SEND_MESSAGE, (unsigned)vm, (unsigned)message, (unsigned)length, 0);
}

/* Takes a message that another VM has sent; does not wait. A message that is too long for the buffer stays. */
static inline int hc_receive_message(void *buffer, unsigned length)
{
    return hypercall(HC_RECEIVE_MESSAGE, (unsigned)buffer, (unsigned)length, 0, 0);
}

/* Says which VM this is, to the others. */
static inline int hc_vm_number(void)
{
    return hypercall(HC_VM_NUMBER, 0, 0, 0, 0);
}

#endif
