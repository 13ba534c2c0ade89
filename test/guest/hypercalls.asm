; Every hypercall, with good arguments and with bad ones: a bad number or pointer returns its error and changes nothing.
; Where there is no paravirtual interface, CPUID says so and VMCALL is #UD.
; launch: disk numbered:9
; expect: serial "no hypercalls\nPASS\n"
; expect: exit 0
; expect pv: serial "hello\nPASS\n"
; expect pv: differs

%macro extra_descriptors 0
%endmacro
%include "lib/protected.inc"
%include "../../examples/kernel/hypercalls.inc"

UNMAPPED        equ 0x00200000          ; behind the 2 MiB of RAM
SHARED          equ 0x00010000
BUFFER          equ 0x00011000
DIRECTORY       equ 0x00012000
TABLE           equ 0x00013000
EVENT_VECTOR    equ 0x40
IF              equ 1 << 9

%macro expect_result 1
        expect eax, %1
%endmacro

main:
        mov eax, HC_LEAF
        cpuid
        cmp ebx, HC_SIGNATURE_EBX
        jne without
        expect ecx, HC_SIGNATURE_ECX
        expect edx, HC_SIGNATURE_EDX
        expect eax, HC_LEAF + 1
        cpuid
        expect eax, HC_VERSION
        expect ebx, HC_VECTOR
        expect ecx, HC_CONSOLE_WRITE
        expect edx, HC_VM_NUMBER
        mov eax, 1
        cpuid
        test ecx, 1 << 31
        expect_flag nz

        ; numbers that are none
        hypercall 0
        expect_result -HC_ENOSYS
        hypercall HC_VM_NUMBER + 1
        expect_result -HC_ENOSYS
        hypercall 0xffffffff
        expect_result -HC_ENOSYS

        ; console: pointers and lengths
        hypercall HC_CONSOLE_WRITE, hello, 6
        expect_result 6
        hypercall HC_CONSOLE_WRITE, hello, 4097
        expect_result -HC_EINVAL
        hypercall HC_CONSOLE_WRITE, UNMAPPED - 1, 2
        expect_result -HC_EFAULT
        hypercall HC_CONSOLE_WRITE, 0xffffffff, 2
        expect_result -HC_EFAULT
        hypercall HC_CONSOLE_WRITE, UNMAPPED, 0
        expect_result 0
        hypercall HC_CONSOLE_READ, BUFFER, 16
        expect_result 0
        hypercall HC_CONSOLE_READ, 0xa0000, 16
        expect_result -HC_EFAULT        ; a device's memory

        ; nothing but EAX changes
        mov edi, 0x12345678
        mov ebp, 0x87654321
        mov esi, 0x13572468
        hypercall HC_YIELD
        expect_result 0
        expect edi, 0x12345678
        expect ebp, 0x87654321
        expect esi, 0x13572468

        ; the same by INT
        mov ebx, hello
        mov ecx, 0
        mov eax, HC_CONSOLE_WRITE
        int HC_VECTOR
        expect_result 0

        ; disk: sector n is filled with n
        hypercall HC_DISK_SIZE
        expect_result 9
        hypercall HC_DISK_READ, 7, BUFFER, 2
        expect_result 0
        expect byte [BUFFER], 7
        expect byte [BUFFER + 511], 7
        expect byte [BUFFER + 512], 8
        hypercall HC_DISK_READ, 8, BUFFER, 2
        expect_result -HC_EINVAL
        hypercall HC_DISK_READ, 0xffffffff, BUFFER, 1
        expect_result -HC_EINVAL
        hypercall HC_DISK_READ, 0, BUFFER, 65
        expect_result -HC_EINVAL
        hypercall HC_DISK_READ, 0, UNMAPPED - 100, 1
        expect_result -HC_EFAULT
        mov dword [BUFFER], 0xabcdef01
        hypercall HC_DISK_WRITE, 3, BUFFER, 1
        expect_result 0
        mov dword [BUFFER], 0
        hypercall HC_DISK_READ, 3, BUFFER, 1
        expect dword [BUFFER], 0xabcdef01

        ; no other VM
        hypercall HC_SEND_MESSAGE, 1, hello, 5
        expect_result -HC_ENODEV
        hypercall HC_SEND_MESSAGE, 1, UNMAPPED, 5
        expect_result -HC_EFAULT
        hypercall HC_RECEIVE_MESSAGE, BUFFER, 100
        expect_result -HC_ENODEV

        hypercall HC_VM_NUMBER
        expect_result -HC_ENODEV

        ; the shared page
        hypercall HC_MASK_EVENTS
        expect_result -HC_ENODEV
        hypercall HC_SET_SHARED_PAGE, SHARED + 4, EVENT_VECTOR
        expect_result -HC_EINVAL
        hypercall HC_SET_SHARED_PAGE, 0xfff00000, EVENT_VECTOR
        expect_result -HC_EINVAL
        hypercall HC_SET_SHARED_PAGE, SHARED, 0x1f
        expect_result -HC_EINVAL
        hypercall HC_SET_SHARED_PAGE, SHARED, 0x100
        expect_result -HC_EINVAL
        hypercall HC_SET_SHARED_PAGE, SHARED, EVENT_VECTOR
        expect_result 0
        expect byte [SHARED + SHARED_MASK], 1

        ; handlers by hypercall
        hypercall HC_SET_TRAP_TABLE, bad_traps, 1
        expect_result -HC_EINVAL
        hypercall HC_SET_TRAP_TABLE, traps, 257
        expect_result -HC_EINVAL
        hypercall HC_SET_TRAP_TABLE, traps, 6
        expect_result 0

        ; an event: masked it waits, and the guest must ask for it
        mov al, 0xff
        out 0x21, al
        hypercall HC_SET_TIMER, 10
        mov ecx, 5000
        loop $
        expect dword [served], 0
        expect byte [SHARED + SHARED_PENDING], 1
        expect dword [SHARED + SHARED_EVENTS], EVENT_TIMER
        mov byte [SHARED + SHARED_MASK], 0
        expect dword [served], 0
        hypercall HC_UNMASK_EVENTS
        expect_result 0
        expect dword [served], 1
        expect byte [SHARED + SHARED_PENDING], 0
        expect byte [SHARED + SHARED_MASK], 0

        ; not masked it comes by itself, and its handler is masked
        hypercall HC_SET_TIMER, 10
        mov ecx, 5000
        loop $
        expect dword [served], 2
        expect dword [masks], 0x0101

        ; masked by a store: the VMM looks before it delivers
        hypercall HC_SET_TIMER, 10
        mov byte [SHARED + SHARED_MASK], 1
        mov ecx, 5000
        loop $
        expect dword [served], 2
        hypercall HC_UNMASK_EVENTS
        expect dword [served], 3

        ; masked by call, cancelled
        hypercall HC_MASK_EVENTS
        expect_result 0
        expect byte [SHARED + SHARED_MASK], 1
        hypercall HC_MASK_EVENTS
        expect_result 1
        hypercall HC_SET_TIMER, 10
        hypercall HC_SET_TIMER, 0
        mov ecx, 5000
        loop $
        expect byte [SHARED + SHARED_PENDING], 0

        ; what is left over traps, and the mask follows
        sti
        nop
        expect byte [SHARED + SHARED_MASK], 0
        cli
        expect byte [SHARED + SHARED_MASK], 1

        ; halt opens the mask and waits
        hypercall HC_SET_TIMER, 500
        hypercall HC_HALT
        expect_result 0
        expect dword [served], 4
        mov byte [SHARED + SHARED_MASK], 1

        ; page tables
        hypercall HC_SET_PAGE_BASE, DIRECTORY + 8
        expect_result -HC_EINVAL
        hypercall HC_SET_PAGE_BASE, 0x7ffff000
        expect_result -HC_EINVAL
        mov edi, TABLE                  ; 4 MiB as they are, but for one page
        mov eax, 7
        mov ecx, 1024
.entry:
        stosd
        add eax, 0x1000
        loop .entry
        mov dword [TABLE + 4 * 0x80], 0
        mov dword [DIRECTORY], TABLE + 7
        hypercall HC_SET_PAGE_BASE, DIRECTORY
        expect_result 0
        mov eax, cr0
        test eax, eax
        expect_flag s
        hypercall HC_CONSOLE_WRITE, 0x7ffff, 2
        expect_result -HC_EFAULT
        mov dword [UNMAPPED_HERE], UNMAPPED_HERE ; demand: the handler maps it
        expect dword [page_faults], 1
        expect dword [UNMAPPED_HERE], UNMAPPED_HERE
        expect dword [SHARED + SHARED_FAULT_ADDRESS], UNMAPPED_HERE
        hypercall HC_UPDATE_PAGE_TABLES, odd_update, 1
        expect_result -HC_EINVAL
        hypercall HC_UPDATE_PAGE_TABLES, far_update, 2
        expect_result -HC_EINVAL
        expect dword [TABLE + 4 * 0x81], 0x81007 ; not even the good one
        hypercall HC_UPDATE_PAGE_TABLES, remap, 1
        expect_result 1
        hypercall HC_FLUSH_TLB, 0x81000
        mov dword [0x81000], 0x5a5a5a5a
        expect dword [BUFFER], 0x5a5a5a5a
        hypercall HC_UPDATE_PAGE_TABLES, unmap, 1
        hypercall HC_FLUSH_TLB, ALL
        mov dword [0x81000], 1
        expect dword [page_faults], 2

        ; user code: a kernel stack without a TSS; it may not call
        hypercall HC_SET_KERNEL_STACK, DATA0, RING0_STACK
        expect_result 0
        mov [ring0_esp], esp
        push DATA3
        push RING3_STACK
        push IF
        push CODE3
        push user
        push 0x1234                     ; EAX
        mov eax, HC_IRET
        vmcall
user:
        expect eax, 0x1234
        mov ax, DATA3
        mov ds, ax
        hypercall HC_YIELD
        expect_result -HC_EPERM
        expect byte [SHARED + SHARED_MASK], 0
        int 0x41
back:                                   ; at ring 0, on the kernel's stack
        mov ax, DATA0
        mov ds, ax
        expect esp, RING0_STACK - 5 * 4
        mov esp, [ring0_esp]
        ; a frame that IRET refuses
        mov dword [expected_vector], 13
        push 2
        push 0x58
        push user
        push 0
        mov eax, HC_IRET
        mov ebp, esp
.here:  vmcall
        fail
refused:
        mov edx, [esp + 4]
        sub edx, back.here
        expect edx, 0
        expect eax, HC_IRET
        lea ecx, [esp + 4 * 4]
        expect ecx, ebp
        hypercall HC_SET_GDT, gdt, 0x10001
        expect_result -HC_EINVAL
        hypercall HC_SET_GDT, gdt, gdt_end - gdt
        expect_result 0
        ; the IDT again
        hypercall HC_SET_TRAP_TABLE, 0, 0
        expect_result 0
        mov esi, passed_text
        call print
        hypercall HC_SHUTDOWN, 256
        expect_result -HC_EINVAL
        hypercall HC_SHUTDOWN, 0
        fail

without:
        expect_fault 6, 0, vmcall
        mov esi, none
        call print
        pass

event:
        push ds
        push eax
        mov ax, DATA0
        mov ds, ax
        inc dword [served]
        mov eax, [SHARED + SHARED_MASK]
        mov [masks], al
        mov [masks + 1], al
        mov dword [SHARED + SHARED_EVENTS], 0
        pop eax
        pop ds
        push eax
        mov eax, HC_IRET
        vmcall

page_fault:
        push ebx
        push ecx
        push eax
        inc dword [page_faults]
        cmp dword [page_faults], 1
        hypercall HC_UPDATE_PAGE_TABLES, map, 2
        expect_result 2
        pop eax
        pop ecx
        pop ebx
        add esp, 4
        push eax
        mov eax, HC_IRET
        vmcall

ALL             equ 0xffffffff
UNMAPPED_HERE   equ 0x80000
        align 4
served:         dd 0
masks:          dd 0
page_faults:    dd 0
map:            dd TABLE + 4 * 0x80, 0x80007, TABLE + 4 * 0x81, 0x81007
remap:          dd TABLE + 4 * 0x81, BUFFER + 7
unmap:          dd TABLE + 4 * 0x81, 0
odd_update:     dd TABLE + 2, 7
far_update:     dd TABLE + 4 * 0x81, BUFFER + 7, TABLE, 0x7ffff007
%macro trap 3                           ; vector, flags, handler
        db %1, %2
        dw CODE0
        dd %3
%endmacro
traps:
        trap EVENT_VECTOR, TRAP_MASK_EVENTS, event
        trap 14, TRAP_MASK_EVENTS, page_fault
        trap 0x41, 3, back
        trap 13, 0, refused
        trap 0x7e, 3, failed
        trap 0x7f, 3, passed
bad_traps:
        trap 13, 0x80, refused
hello:          db "hello", 10
none:           db "no hypercalls", 10, 0
