; A divide error.
%include "nano.inc"
bench:  xor ebx, ebx
        mov ebp, 2                      ; bytes of the DIV
        rounds div ebx
        ret
