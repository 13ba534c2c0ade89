; Half of ptemod: present to not present.
%include "nano.inc"
bench:  mov esi, VICTIM_ENTRY
        mov ecx, COUNT
        mov ebx, VICTIM
touch:  mov eax, [ebx]                  ; in use before
        add ebx, 0x1000
        loop touch
        rounds and dword [esi + 4 * edi - 4], ~1
        ret
