; Why POPF broke every x86 hypervisor before binary translation.
;
; A kernel protects a critical section the way they all do: save the flags, clear IF, work, restore the flags.
; On bare metal POPF sets IF again, the timer ticks, and the guest ends. Under trap-and-emulate CLI faults and the VMM
; clears the virtual IF; but POPF in user mode neither faults nor changes IF. Nobody ever sets the virtual IF again: HLT
; waits for a tick that will never come.
;
; Stop on it: add the event breakpoint `silent:popf`, or look at the VM Exits view when the guest has halted.

        bits 32
        org 0x8000

start:
        mov edi, idt + 8 * 0x20         ; IRQ 0 will be vector 20h
        mov word [edi], tick
        mov word [edi + 2], cs
        mov word [edi + 4], 0x8e00      ; 32-bit interrupt gate, DPL 0
        and word [edi + 2], 0xfffc      ; under trap-and-emulate CS shows RPL 3: another silent one
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

        mov esi, before
        call print

        pushf                           ; IF is 1: this is right, by luck
        cli                             ; traps: the virtual IF is 0
        inc dword [counter]             ; the critical section
        popf                            ; silent: the virtual IF stays 0

        mov esi, after
        call print
        hlt                             ; wait for the timer
        xor al, al
        out 0xf4, al

tick:
        pushad
        mov esi, ticked
        call print
        mov al, 0x20
        out 0x20, al
        popad
        iretd

print:
        lodsb
        test al, al
        jz .done
        out 0xe9, al
        jmp print
.done:
        ret

before:         db "before", 10, 0
after:          db "after", 10, 0
ticked:         db "tick", 10, 0
counter:        dd 0
idt_register:   dw idt_end - idt - 1
                dd idt
        align 8
idt:    times 0x21 dq 0
idt_end:
