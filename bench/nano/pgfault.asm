; A true page fault: the guest's own tables do not map the page, and its handler goes on behind the instruction.
%include "nano.inc"
bench:  mov dword [VICTIM_ENTRY], 0
        invlpg [VICTIM]
        mov ebp, 5                      ; bytes of the MOV
        rounds mov eax, [VICTIM]
        ret
