; Lab 1: What is sensitive. A kernel asks the processor four questions about itself.
; lab: sensitive
; technique: trap

        bits 32
        org 0x8000

%include "console.inc"

start:
        lgdt [gdt_register]             ; [stop 1] privileged: under trap-and-emulate it faults
        jmp 0x08:ours
ours:
        add ebx, ecx                    ; innocuous: the same everywhere
        cli                             ; [stop 2] privileged, by IOPL: it faults

        sgdt [seen]                     ; [stop 3] sensitive, not privileged: whose table is it?
        mov esi, theirs
        mov eax, [seen + 2]
        cmp eax, gdt
        jne .gdt
        mov esi, mine
.gdt:   call print

        mov eax, cs                     ; [stop 4] sensitive, not privileged: the low two bits are the ring
        and al, 3
        add al, '0'
        mov [ring + 6], al
        say ring

        pushf                           ; [stop 5] sensitive, not privileged: bit 9 is the interrupt flag
        pop eax
        mov esi, interrupts_off
        test eax, 1 << 9
        jz .flags
        mov esi, interrupts_on
.flags: call print

        mov eax, cr0                    ; [stop 6] privileged: it faults, and the answer is right
        mov esi, protection_off
        test al, 1
        jz .mode
        mov esi, protection_on
.mode:  call print
        power_off

include_print

mine:            db "GDT: mine", 10, 0
theirs:          db "GDT: somebody else's", 10, 0
ring:            db "ring: ?", 10, 0
interrupts_on:   db "interrupts: on", 10, 0
interrupts_off:  db "interrupts: off", 10, 0
protection_on:   db "protection: on", 10, 0
protection_off:  db "protection: off", 10, 0
seen:            dw 0
                 dd 0

        align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff           ; 08h: code, DPL 0
        dq 0x00cf92000000ffff           ; 10h: data, DPL 0
gdt_end:
gdt_register:
        dw gdt_end - gdt - 1
        dd gdt

; What it does, under which technique, for those who test it:
; expect: serial "GDT: mine\nring: 0\ninterrupts: off\nprotection: on\n"
; expect: exit 0
; expect trap: serial "GDT: somebody else's\nring: 3\ninterrupts: on\nprotection: on\n"
; expect trap: silent "sgdt"
; expect trap: silent "mov eax,cs"
; expect trap: silent "pushf"
; expect trap: differs
