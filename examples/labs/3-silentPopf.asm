; Lab 3: The silent POPF. A critical section as every kernel writes it, and a timer that never comes.
; lab: silentPopf
; technique: trap
; break: silent:popf

        bits 32
        org 0x8000

%include "console.inc"

start:
        mov edi, idt + 8 * 0x20         ; IRQ 0 will be vector 20h
        mov word [edi], tick
        mov word [edi + 2], 0x08
        mov word [edi + 4], 0x8e00      ; 32-bit interrupt gate, DPL 0
        lgdt [gdt_register]
        jmp 0x08:.ours
.ours:
        lidt [idt_register]

        mov al, 0x11                    ; the interrupt controller: vectors from 20h, IRQ 0 only
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xfe
        out 0x21, al
        sti

        say before
        pushf                           ; [stop 1] IF is 1: this is right, by luck
        cli                             ; [stop 2] traps: the virtual IF is 0
        inc dword [counter]             ; the critical section
        popf                            ; [stop 3] silent: the virtual IF stays 0
        say after
        hlt                             ; [stop 4] wait for the timer
        power_off

tick:
        pushad
        say ticked
        mov al, 0x20
        out 0x20, al
        popad
        iretd

include_print

before:         db "before", 10, 0
after:          db "after", 10, 0
ticked:         db "tick", 10, 0
counter:        dd 0

        align 8
gdt:            dq 0
                dq 0x00cf9a000000ffff
                dq 0x00cf92000000ffff
gdt_register:   dw gdt_register - gdt - 1
                dd gdt
idt_register:   dw idt_end - idt - 1
                dd idt
        align 8
idt:    times 0x21 dq 0
idt_end:

; What it does, under which technique, for those who test it:
; expect: serial "before\nafter\ntick\n"
; expect: exit 0
; expect trap: serial "before\nafter\n"
; expect trap: halted
; expect trap: silent "popf"
; expect trap: silent "IF is 0, on bare metal 1"
; expect trap: differs
