; A fault while a contributory fault is delivered is #DF, with error code 0 (SDM Vol. 3, table 6-5).
; expect: serial "DOUBLE\n"
; expect: exit 0
%include "lib/protected.inc"
main:
        set_gate 13, stubs, 0x0e        ; #GP: gate not present, so delivering it is #NP
        set_gate 8, doubled, 0x8e
        mov ax, 0x1000
        mov ds, ax
        hlt
doubled:
        pop eax
        expect eax, 0
        mov esi, text
        call print
        xor al, al
        out 0xf4, al
        hlt
text:   db "DOUBLE", 10, 0
