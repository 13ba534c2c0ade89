; Two page directories in turn: MOV CR3, then 16 pages are read that each maps differently.
OTHER   equ 0x900000            ; the second directory and its table for 16 to 20 MiB
AREA    equ 0x1000000
setup:  mov esi, TABLES
        mov edi, OTHER
        mov ecx, 1024
        rep movsd
        mov dword [OTHER + 4 * (AREA >> 22)], OTHER + 0x1000 + 7
        mov edi, OTHER + 0x1000
        mov eax, 0x800007
        mov ecx, 1024
.map:   stosd
        add eax, 0x1000
        loop .map
        mov ecx, 16
.fill:  mov eax, ecx
        shl eax, 12
        mov [0x800000 - 0x1000 + eax], ecx
        loop .fill
        ret
unit:   mov ecx, 5000
        xor eax, eax
.again: mov edx, OTHER
        mov cr3, edx
        call touch
        mov edx, TABLES
        mov cr3, edx
        call touch
        dec ecx
        jnz .again
        ret
touch:
%assign page 0
%rep 16
        add eax, [AREA + 0x1000 * page]
%assign page page + 1
%endrep
        ret
