; Virtual-8086 mode extensions and protected-mode virtual interrupts: VIF in the place of IF, VIP, INT n redirected by the
; map in the TSS. SDM Vol. 3, 20.3 (table 20-2) and 20.4.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor at(own_tss), 104 + 32, 0x89, 0       ; 30h
%endmacro
%include "lib/protected.inc"

VM      equ 1 << 17
VIF     equ 1 << 19
VIP     equ 1 << 20
IF      equ 1 << 9

%macro enter_v86 2                      ; label of 16-bit code, EFLAGS
        mov [ring0_esp], esp
        mov dword [ring0_eip], %%back
        push dword 0
        push dword 0
        push dword 0x800
        push dword 0
        push dword 0x0700
        push dword 0x0f00
        push dword VM | (%2)
        push dword 0x0800
        push dword %1 - 0x8000
        iretd
%%back:
%endmacro

main:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov ax, 0x30
        ltr ax
        mov eax, cr4
        or al, 3
        mov cr4, eax
        mov word [0x40 * 4], handler - 0x8000
        mov word [0x40 * 4 + 2], 0x800
        set_gate 13, monitor, 0x8e
        set_gate 3, breakpoint, 0xee
        set_gate 0x42, service, 0xee

        enter_v86 without_iopl, 2
        expect dword [breakpoints], 1
        mov eax, [expected_end]
        expect dword [monitored], eax
        mov dword [monitored], opcodes.pending - 1
        enter_v86 with_iopl, 0x3000 | IF | 2
        expect dword [services], 1

        ; a pending interrupt of a program that takes them: #GP before its first instruction
        mov dword [monitored], opcodes.pending
        enter_v86 pending, VIF | VIP | 2
        expect dword [monitored], opcodes.pending + 2

        ; without VME it is as before
        mov eax, cr4
        and al, ~1
        mov cr4, eax
        mov dword [monitored], opcodes.plain
        enter_v86 plain, 2
        expect dword [monitored], opcodes.end

        ; protected mode
        set_gate 13, stubs + 16 * 13, 0x8e
        call_ring3 user, IF | 2
        call_ring3 user_pending, VIP | 2
        mov eax, cr4
        and al, ~2
        mov cr4, eax
        call_ring3 user_plain, 2
        pass

user:   mov ax, DATA3
        mov ds, ax
        sti
        pushfd
        pop eax
        and eax, VIF | VIP | IF
        expect eax, VIF | IF
        push dword 2               ; POPF knows nothing of it
        popfd
        cli
        pushfd
        pop eax
        and eax, VIF | VIP | IF
        expect eax, IF
        leave_ring3
user_pending:
        mov ax, DATA3
        mov ds, ax
        cli
        expect_fault 13, 0, sti
        leave_ring3
user_plain:
        mov ax, DATA3
        mov ds, ax
        expect_fault 13, 0, cli
        expect_fault 13, 0, sti
        leave_ring3

; #GP: the opcode must be the one expected next; it is skipped. HLT ends; INT 43h asks for VIP; STI has met it.
; Stack: error EIP CS EFLAGS ESP SS ES DS FS GS.
monitor:
        push eax
        push ebx
        mov ax, DATA0
        mov ds, ax
        movzx ebx, word [esp + 8 + 8]
        shl ebx, 4
        add ebx, [esp + 8 + 4]
        mov eax, [monitored]
        mov al, [eax]
        cmp al, [ebx]
        expect_flag e
        inc dword [monitored]
        cmp al, 0xf4
        je end_v86
        cmp word [ebx], 0x43cd
        jne .no_request
        or dword [esp + 8 + 12], VIP
.no_request:
        cmp al, 0xfb
        jne .no_sti
        and dword [esp + 8 + 12], ~VIP
.no_sti:
        cmp al, 0x90                    ; NOP: VIF and VIP met there; go on without
        jne .no_nop
        and dword [esp + 8 + 12], ~(VIF | VIP)
        jmp .one
.no_nop:
        cmp al, 0xcd
        je .two
        cmp al, 0x66
        jne .one
.two:   inc dword [esp + 8 + 4]
.one:   inc dword [esp + 8 + 4]
        pop ebx
        pop eax
        add esp, 4
        iretd
end_v86:
        mov eax, [esp + 8 + 12]
        mov [last_flags], eax
        mov ax, DATA0
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov esp, [ring0_esp]
        jmp [ring0_eip]

breakpoint:
        push ds
        push eax
        mov ax, DATA0
        mov ds, ax
        inc dword [breakpoints]
        pop eax
        pop ds
        iretd
service:
        push ds
        push eax
        mov ax, DATA0
        mov ds, ax
        inc dword [services]
        pop eax
        pop ds
        iretd

monitored: dd opcodes
expected_end: dd opcodes.pending
opcodes: db 0x9d, 0x66, 0x66, 0x66, 0xcd, 0xcd, 0xfb, 0xcd, 0x9d, 0xfb, 0xf4
.pending: db 0x90, 0xf4
.plain: db 0xfa, 0xfb, 0x9c, 0x9d, 0xcd, 0xcf, 0xf4
.end:
        align 4
breakpoints: dd 0
services: dd 0
last_flags: dd 0
results: times 8 dw 0
RESULTS equ results - $$

        bits 16
%macro flags_are 1                      ; IF and IOPL as PUSHF shows them
        pushf
        pop ax
        and ax, 0x3200
        cmp ax, %1
        jne $
%endmacro

; CR4.VME, IOPL 0: 16-bit forms work on VIF, and show IOPL 3.
without_iopl:
        flags_are 0x3000
        sti
        flags_are 0x3200
        cli
        flags_are 0x3000
        push word 0x202
        popf
        flags_are 0x3200
        push word 0x102                 ; TF
        popf
        add sp, 2
        pushfd
        push dword 2
        popfd
        add sp, 4
        iretd
        int 0x40                        ; to the handler below
        cmp word [RESULTS], 0x3200      ; VIF stood for IF in what was pushed
        jne $
        cmp word [RESULTS + 2], 0x3000  ; and was cleared in the handler
        jne $
        flags_are 0x3200                ; IRET has brought it back
        int 0x41                        ; its bit is set
        int3                            ; asks nobody
        cli
        int 0x43                        ; VIP, please
        sti                             ; #GP: VIP; the monitor clears it
        int 0x43
        push word 0x202
        popf                            ; the same
        add sp, 2
        push word 2
        popf                            ; IF stays clear: no objection
        sti
        sti
        hlt

; CR4.VME, IOPL 3: IF is the program's; only INT n is redirected.
with_iopl:
        int 0x40
        cmp word [RESULTS], 0x3200
        jne $
        cmp word [RESULTS + 2], 0x3000
        jne $
        flags_are 0x3200
        cli
        flags_are 0x3000
        int 0x42                        ; its bit is set: through the IDT
        mov ax, 0
        mov [RESULTS], ax
        hlt

pending:
        nop
        hlt

plain:
        cli
        sti
        pushf
        popf
        int 0x40
        iret
        hlt

handler:
        push bp
        mov bp, sp
        push ax
        mov ax, [bp + 6]
        and ax, 0x3200
        mov [RESULTS], ax
        pushf
        pop ax
        and ax, 0x3200
        mov [RESULTS + 2], ax
        pop ax
        pop bp
        iret
        bits 32

        align 4
own_tss:
        dd 0, RING0_STACK, DATA0
        times 100 - ($ - own_tss) db 0
        dd (104 + 32) << 16
        times 8 db 0
        db 0x0e                         ; 41h, 42h, 43h
        times 23 db 0
        db 0xff
