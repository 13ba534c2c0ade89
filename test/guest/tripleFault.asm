; A fault while #DF is delivered shuts the CPU down (SDM Vol. 3, 6.15, interrupt 8).
; expect: serial ""
; expect: tripleFault
%include "lib/protected.inc"
main:
        mov word [idt_register], 0
        lidt [idt_register]
        ud2
