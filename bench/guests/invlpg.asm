; A page-table entry changes between two frames, INVLPG, and the page is read.
setup:  mov dword [0x800000], 3
        mov dword [0x801000], 5
        ret
unit:   mov ecx, 20000
        xor eax, eax
.again: mov dword [PTE(0x1000000)], 0x800003
        invlpg [0x1000000]
        add eax, [0x1000000]
        mov dword [PTE(0x1000000)], 0x801003
        invlpg [0x1000000]
        add eax, [0x1000000]
        dec ecx
        jnz .again
        ret
