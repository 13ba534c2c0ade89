; The kernel under every guest: a Multiboot ELF that sets up segments, a TSS, paging (4-KiB pages, identity, user-accessible)
; and x87/SSE, prints a line, and then calls `unit` without end, printing what it returns as a line of its own.
; GUEST is an assembly source with `setup` and `unit` (EAX: checksum), or BLOB a flat binary for BLOB_ADDRESS that starts with `unit`.

        bits 32
ORIGIN          equ 0x100000
BLOB_ADDRESS    equ 0x101000
TABLES          equ 0xf00000            ; page directory, then page tables
MAPPED          equ 32                  ; MiB
STACK           equ 0xeff000
SYSTEM_STACK    equ 0xefe000            ; for events from CPL 3
IDT             equ 0xefc000
VARIABLES       equ 0xefb000            ; not on a page of code
COM1            equ 0x3f8
; Guests may use 2 to 14 MiB and 16 to 32 MiB.

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x1b
USER_DATA       equ 0x23
TASK            equ 0x28

INTERRUPT_GATE  equ 0x8e00
USER_GATE       equ 0xee00

        org ORIGIN
elf_header:
        db 0x7f, "ELF", 1, 1, 1, 0
        dd 0, 0
        dw 2, 3                         ; executable, 80386
        dd 1, start, program_header - elf_header, 0, 0
        dw 52, 32, 1, 40, 0, 0
program_header:
        dd 1, 0, elf_header, elf_header, image_end - elf_header, image_end - elf_header, 7, 0x1000
        align 4
multiboot_header:
        dd 0x1badb002, 0, -0x1badb002

gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
task_descriptor:
        dw 103, task - ORIGIN
        db 0x10, 0x89, 0, 0
gdt_register:
        dw $ - gdt - 1
        dd gdt
idt_register:
        dw 0x7ff
        dd IDT
        align 4
task:   dd 0, SYSTEM_STACK, KERNEL_DATA
        times 22 dd 0
        dd 104 << 16

; GATE vector, handler, type
%macro GATE 3
        mov eax, %2
        mov [IDT + 8 * %1], ax
        mov word [IDT + 8 * %1 + 2], KERNEL_CODE
        mov word [IDT + 8 * %1 + 4], %3
        shr eax, 16
        mov [IDT + 8 * %1 + 6], ax
%endmacro

; The page-table entry of a linear address below MAPPED.
%define PTE(linear) (TABLES + 0x1000 + 4 * ((linear) >> 12))

start:
        cli
        lgdt [gdt_register]
        mov ax, KERNEL_DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK
        jmp KERNEL_CODE:flat
flat:
        cld
        mov edi, IDT
        xor eax, eax
        mov ecx, 0x800 / 4
        rep stosd
        lidt [idt_register]
        mov ax, TASK
        ltr ax

        mov edi, TABLES
        mov ecx, 1024
        xor eax, eax
        rep stosd
        mov eax, TABLES + 0x1000 + 7
        mov edi, TABLES
        mov ecx, MAPPED / 4
directory:
        stosd
        add eax, 0x1000
        loop directory
        mov edi, TABLES + 0x1000
        mov eax, 7
        mov ecx, MAPPED * 256
pages:  stosd
        add eax, 0x1000
        loop pages
        mov eax, TABLES
        mov cr3, eax
        mov eax, cr4
        or eax, 0x600                   ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, cr0
        and eax, ~0x0000000c            ; EM, TS
        or eax, 0x80000022              ; PG, NE, MP
        mov cr0, eax
        fninit
%ifdef GUEST
        call setup
%endif
        mov al, 's'
        call print
        mov al, 10
        call print
again:
%ifdef GUEST
        call unit
%else
        call BLOB_ADDRESS
%endif
        mov ecx, 8
digits: rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das                             ; '0'..'9', 'A'..'F'
        call print
        pop eax
        loop digits
        mov al, 10
        call print
        jmp again

print:  push edx
        push eax
        mov dx, COM1 + 5
.full:  in al, dx
        test al, 0x20
        jz .full
        mov dx, COM1
        pop eax
        out dx, al
        pop edx
        ret

%ifdef GUEST
%include GUEST
%else
        times BLOB_ADDRESS - ORIGIN - ($ - $$) db 0
        incbin BLOB
%endif
image_end:
