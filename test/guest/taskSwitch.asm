; Hardware task switches by JMP, CALL, interrupt, exception and IRET, 32- and 16-bit TSS, and what may go wrong.
; SDM Vol. 3, 7.2 to 7.6, table 7-1; 6.12.2 (task gates in the IDT); 17.3.1.5 (the T flag).
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor at(tss_t), 103, 0x89, 0      ; 30h: handler task T
        descriptor at(tss_b), 103, 0x89, 0      ; 38h: task B
        descriptor at(tss_c), 43, 0x81, 0       ; 40h: task C, 16 bits
        gate 0x38, 0, 0x85, 0                   ; 48h: task gate to B
        descriptor at(ldt), 15, 0x82, 0         ; 50h: LDT
        descriptor at(tss_f), 103, 0x09, 0      ; 58h: TSS, not present
        descriptor at(tss_f), 102, 0x89, 0      ; 60h: TSS, a byte short
        descriptor 0, 0xfffff, 0x12, 12         ; 68h: data, not present
        descriptor at(tss_f), 103, 0x89, 0      ; 70h: task F, which is not well
        descriptor 0, 0xffff, 0x92, 0           ; 78h: 16-bit stack
        descriptor at(ldt), 15, 0x02, 0         ; 80h: LDT, not present
        descriptor 0, 0xfffff, 0x1a, 12         ; 88h: code, not present
        descriptor 0, 0xfffff, 0x90, 12         ; 90h: read-only data
        descriptor 0, 0xfffff, 0x98, 12         ; 98h: execute-only code
        gate 0x38, 0, 0x05, 0                   ; A0h: task gate, not present
        gate 0x50, 0, 0x85, 0                   ; A8h: task gate to something else
        gate 0x3c, 0, 0x85, 0                   ; B0h: task gate to the LDT
        descriptor 0, 0xfffff, 0xfe, 12         ; B8h: conforming code, DPL 3
        descriptor 0, 0xfffff, 0x9e, 12         ; C0h: conforming code, DPL 0
%endmacro
%include "lib/protected.inc"

TYPE    equ 5                           ; access byte of a descriptor
LINK    equ 0
CR3_    equ 0x1c
EIP_    equ 0x20
EFLAGS_ equ 0x24
EAX_    equ 0x28
ESP_    equ 0x38
ES_     equ 0x48
CS_     equ 0x4c
SS_     equ 0x50
DS_     equ 0x54
FS_     equ 0x58
LDT_    equ 0x60
T_      equ 0x64

%macro task32 4                         ; EIP, EFLAGS, ESP, LDT
        dd 0, RING0_STACK, DATA0, 0, 0, 0, 0, 0
        dd %1, %2
        dd 0x11111111, 0x22222222, 0x33333333, 0x44444444, %3, 0x66666666, 0x77777777, 0x88888888
        dd DATA0, CODE0, DATA0, DATA0, 0, DATA3
        dd %4, 104 << 16
%endmacro

%macro task_gate 2                      ; vector, TSS
        mov dword [idt + 8 * (%1)], (%2) << 16
        mov dword [idt + 8 * (%1) + 4], 0x8500
%endmacro

; Task F with one thing changed: the exception must come in its context, through a task gate.
%macro faulty 3+                        ; vector, error code, what is changed
        mov esi, model
        mov edi, tss_f
        mov ecx, 104 / 4
        rep movsd
        %3
        task_gate %1, 0x30
        mov dword [t_code], -1
        jmp 0x70:0
        set_gate %1, stubs + 16 * %1, 0x8e
        expect dword [t_code], %2
        expect word [tss_t + LINK], 0x70
        expect byte [gdt + 0x70 + TYPE], 0x8b
        mov byte [gdt + 0x70 + TYPE], 0x89
        expect byte [gdt + TSS + TYPE], 0x8b
%endmacro

main:
        ; JMP: busy moves on, nothing nests
        mov esi, 0xcafe
        stc
        jmp 0x38:0x12345678             ; the offset does not count
after_jump:
        expect esi, 0xcafe
        expect esp, STACK
        expect dword [order], 1
        expect byte [gdt + TSS + TYPE], 0x8b
        expect byte [gdt + 0x38 + TYPE], 0x89
        expect dword [tss_b + EIP_], b_second
        expect dword [tss_b + EAX_], 0xb0b0
        expect word [tss_b + FS_], 0
        mov eax, [tss + EFLAGS_]
        and eax, 0x4001
        expect eax, 1                   ; CF as it was, NT clear
        expect word [tss_b + LINK], 0

        ; CALL through a task gate: B goes on where it left, nested; it calls C, which has a 16-bit TSS
        clts
        call 0x48:0
        expect dword [order], 5
        expect byte [gdt + TSS + TYPE], 0x8b
        expect byte [gdt + 0x38 + TYPE], 0x89
        expect byte [gdt + 0x40 + TYPE], 0x81
        expect word [tss_b + LINK], TSS
        expect word [tss_c + LINK], 0x38
        test dword [tss_b + EFLAGS_], 0x4000    ; IRET has cleared NT in what it saved
        expect_flag z
        expect dword [tss_b + EIP_], b_third

        ; INT n through a task gate: no error code
        task_gate 0x60, 0x38
        int 0x60
        expect dword [order], 6

        ; an exception through a task gate: error code, RF in the saved EFLAGS
        task_gate 11, 0x30
        mov dword [t_code], -1
        mov dword [t_skip], .np_after
        mov ax, 0x68
.np:    mov ds, ax
.np_after:
        expect dword [t_code], 0x68
        expect dword [t_eip], .np
        test dword [t_eflags], 0x10000
        expect_flag nz
        set_gate 11, stubs + 16 * 11, 0x8e

        ; what is wrong with the TSS is the old task's fault
        expect_fault 13, TSS, jmp TSS:0         ; busy
        expect_fault 13, TSS, call TSS:0
        expect_fault 11, 0x58, jmp 0x58:0
        expect_fault 10, 0x60, call 0x60:0
        expect_fault 11, 0xa0, jmp 0xa0:0
        expect_fault 13, 0x50, jmp 0xa8:0
        expect_fault 13, 0x3c, call 0xb0:0
        task_gate 0x61, 0x60
        expect_fault 10, 0x60, int 0x61
        call_ring3 ring3

        ; IRET with NT: the back link must be a busy TSS
        push dword 0x4002
        mov word [tss + LINK], 0x38
        popfd
        expect_fault 10, 0x38, iretd
        mov word [tss + LINK], 0x3c
        expect_fault 10, 0x3c, iretd
        push dword 2
        popfd

        ; the new task's own faults, in the order of table 7-1
        faulty 10, 0x54, mov word [tss_f + LDT_], 0x54
        faulty 10, 0x10, mov word [tss_f + LDT_], DATA0
        faulty 10, 0x80, mov word [tss_f + LDT_], 0x80
        faulty 10, 0, mov word [tss_f + CS_], 0
        faulty 10, 0x1000, mov word [tss_f + CS_], 0x1000
        faulty 10, 0x10, mov word [tss_f + CS_], DATA0
        faulty 10, 0x18, mov word [tss_f + CS_], 0x18
        faulty 10, 0xb8, mov word [tss_f + CS_], 0xb8
        faulty 10, 0, mov word [tss_f + SS_], 0
        faulty 10, 0x90, mov word [tss_f + SS_], 0x90
        faulty 12, 0x68, mov word [tss_f + SS_], 0x68
        faulty 10, 0x20, mov word [tss_f + SS_], 0x20
        faulty 10, 0x10, mov word [tss_f + SS_], 0x13
        faulty 11, 0x88, mov word [tss_f + CS_], 0x88
        faulty 10, 0x1000, mov word [tss_f + DS_], 0x1003
        faulty 10, 0x98, mov word [tss_f + ES_], 0x98
        faulty 11, 0x68, mov word [tss_f + FS_], 0x68
        faulty 10, 0x10, mov word [tss_f + FS_], 0x13
        expect dword [tss_f + EIP_], f_entry            ; saved again as it was loaded
        expect dword [tss_f + EAX_], 0x11111111
        faulty 13, 0, mov dword [tss_f + EIP_], -1      ; fetched beyond the limit
        faulty 12, 0, mov dword [tss_f + EIP_], f_push

        ; a task in virtual-8086 mode: HLT is #GP(0)
        faulty 13, 0, call make_v86
        expect word [tss_f + CS_], 0x800
        test dword [tss_f + EFLAGS_], 0x20000
        expect_flag nz

        ; the T flag of the new TSS: #DB before its first instruction, BT in DR6; local breakpoints are off
        mov esi, model
        mov edi, tss_f
        mov ecx, 104 / 4
        rep movsd
        mov byte [tss_f + T_], 1
        mov eax, 0x0300                 ; LE, GE
        mov dr7, eax
        mov dword [resume], f_traced
        mov dword [expected_vector], 1
        mov dword [expected_code], 0
        mov dword [expected_eip], f_entry
        mov dword [check_at], after_trace
        jmp 0x70:0
after_trace:
        expect dword [resume], 0
        mov eax, dr6
        and eax, 0xe00f
        expect eax, 0x8000
        mov eax, dr7
        expect eax, 0x600

        ; a double fault through a task gate
        task_gate 8, 0x30
        mov byte [idt + 8 * 13 + 5], 0x0e       ; #GP has no handler
        mov dword [t_skip], .df_after
        mov dword [t_code], -1
        mov ax, 0x1000
.df:    mov ds, ax
.df_after:
        expect dword [t_code], 0
        expect dword [t_eip], .df
        mov byte [idt + 8 * 13 + 5], 0x8e

        ; CR3 comes with the task, when paging is on
        mov dword [0x20000], 0x83       ; 4-MiB pages: 0 onto itself in both, 400000h in one
        mov dword [0x20004], 0x83
        mov dword [0x21000], 0x83
        mov dword [0x21004], 0
        mov eax, cr4
        or al, 0x10
        mov cr4, eax
        mov eax, 0x20000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        mov eax, [0x400000 + order]
        expect eax, [order]
        mov dword [tss_b + CR3_], 0x21000
        mov dword [tss + CR3_], 0x20000
        call 0x38:0
        mov eax, [0x400000 + order]
        expect eax, [order]
        expect eax, 7
        pass

make_v86:
        mov dword [tss_f + EFLAGS_], 0x20002
        mov dword [tss_f + EIP_], v86_code - 0x8000
        mov word [tss_f + CS_], 0x800
        mov word [tss_f + SS_], 0xf00
        ret

ring3:
        mov ax, DATA3
        mov ds, ax
        expect_fault 13, 0x38, jmp 0x38:0
        expect_fault 13, 0x48, call 0x48:0
        leave_ring3

b_first:
        mov edi, cr0
        test edi, 8                     ; TS
        expect_flag nz
        expect eax, 0x11111111
        expect ebx, 0x44444444
        expect ebp, 0x66666666
        expect esp, RING3_STACK
        expect byte [gdt + TSS + TYPE], 0x89
        expect byte [gdt + 0x38 + TYPE], 0x8b
        expect dword [tss + EIP_], after_jump
        mov ax, 4                       ; from the LDT
        mov fs, ax
        xor eax, eax
        mov fs, ax
        mov eax, 0xb0b0
        inc dword [order]
        jmp TSS:0
b_second:
        expect word [tss_b + LINK], TSS
        expect byte [gdt + TSS + TYPE], 0x8b    ; both are busy
        expect dword [order], 1
        inc dword [order]
        call 0x40:0
        expect dword [order], 4
        inc dword [order]
        iretd
b_third:
        inc dword [order]
        iretd
        expect_fault 14, 0, mov eax, [0x400000] ; in the other address space
        inc dword [order]
        iretd

c_entry:
        expect eax, 0xffff1111
        expect edi, 0xffff8888
        expect sp, 0x6800
        test dword [tss_b + EFLAGS_], 0x4000    ; B is nested
        expect_flag nz
        mov ax, fs
        expect ax, 0
        add dword [order], 2
        iretd

; The handler task: notes what it was told, and goes back: to the interrupted task, or from task F to the first.
t_entry:
        pop dword [t_code]
        cmp word [tss_t + LINK], TSS
        jne .give_up
        mov eax, [tss + EIP_]
        mov [t_eip], eax
        mov eax, [tss + EFLAGS_]
        mov [t_eflags], eax
        mov eax, [t_skip]
        mov [tss + EIP_], eax
        iretd
        jmp t_entry
.give_up:
        push dword 2                    ; no NT: this is not a return
        popfd
        jmp TSS:0
        jmp t_entry

f_entry:
        fail
f_traced:
        jmp TSS:0
f_push: mov byte [gdt + 0x78 + 1], 0x0f ; stack limit FFFh
        mov ax, 0x78
        mov ss, ax
        mov sp, 0x7000
        push eax
        fail

        bits 16
v86_code:
        hlt
        bits 32

        align 8
ldt:    descriptor 0, 0xfffff, 0x92, 12
        descriptor 0, 0xfffff, 0x92, 12
tss_b:  task32 b_first, 2, RING3_STACK, 0x50
tss_t:  task32 t_entry, 2, 0x6c00, 0
model:  task32 f_entry, 2, 0x6400, 0x50
tss_f:  times 104 db 0
tss_c:  dw 0, RING0_STACK, DATA0, 0, 0, 0, 0
        dw c_entry, 2
        dw 0x1111, 0x2222, 0x3333, 0x4444, 0x6800, 0x6666, 0x7777, 0x8888
        dw DATA0, CODE0, 0x78, DATA0
        dw 0
order:  dd 0
t_code: dd 0
t_eip:  dd 0
t_eflags: dd 0
t_skip: dd 0
