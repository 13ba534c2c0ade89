; Half of ptemod: not present to present.
%include "nano.inc"
bench:  mov esi, VICTIM_ENTRY
        mov ecx, COUNT
clear:  and dword [esi], ~1
        add esi, 4
        loop clear
        mov eax, cr3
        mov cr3, eax
        mov esi, VICTIM_ENTRY
        rounds or dword [esi + 4 * edi - 4], 1
        ret
