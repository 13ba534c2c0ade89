; Changing a page-table entry, to not present and back, of a page that the loop does not use.
%include "nano.inc"
bench:  mov esi, VICTIM_ENTRY
        mov eax, [VICTIM]               ; the tables are in use
        rounds xor dword [esi], 1
        ret
