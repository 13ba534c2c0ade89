; Page faults: each of 64 pages is touched while not present, and the handler maps it; then all are unmapped and CR3 is reloaded.
PAGES   equ 64
AREA    equ 0x1000000
faults  equ VARIABLES
setup:  GATE 14, missing, INTERRUPT_GATE
        call unmap
        ret
unit:   mov ebx, 400
        xor esi, esi
.round: mov edi, AREA
        mov ecx, PAGES
.touch: add [edi], ebx
        add esi, [edi]
        and dword [edi], 0
        add edi, 0x1000
        loop .touch
        call unmap
        dec ebx
        jnz .round
        mov eax, esi
        add eax, [faults]
        mov dword [faults], 0
        ret
unmap:  mov edi, PTE(AREA)
        mov ecx, PAGES
        xor eax, eax
        rep stosd
        mov eax, cr3
        mov cr3, eax
        ret
missing:
        push eax
        push edx
        mov eax, cr2
        mov edx, eax
        shr edx, 12
        and eax, 0xfffff000
        or eax, 3
        mov [TABLES + 0x1000 + 4 * edx], eax
        inc dword [faults]
        pop edx
        pop eax
        add esp, 4
        iretd
