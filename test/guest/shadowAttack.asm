; A guest that attacks the page tables which a VMM keeps for it: it maps its own tables as pages and as tables of themselves,
; lays pages over the VMM's window at FFC00000h, points them beyond RAM and at ROM, changes them behind the TLB's back, and makes
; more address spaces than anybody keeps. It harms nobody, and cannot tell.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

DIRECTORY       equ 0x100000
TABLE           equ 0x101000
SPARE           equ 0x102000            ; another page table
FRAME           equ 0x110000
OTHER           equ 0x111000
SPACES          equ 0x120000            ; page directories of many address spaces
SELF            equ 0x40000000          ; where the directory is a table of itself: SELF + 4 * page is the entry of a page
PAGE            equ 0x20000
ENTRY           equ TABLE + (PAGE >> 12) * 4

main:
        mov edi, DIRECTORY
        mov ecx, 3072
        xor eax, eax
        cld
        rep stosd
        mov dword [DIRECTORY], TABLE + 7
        mov dword [DIRECTORY + (SELF >> 22) * 4], DIRECTORY + 7
        mov edi, TABLE
        mov eax, 7
        mov ecx, 512
.fill:  stosd
        add eax, 0x1000
        loop .fill
        mov dword [FRAME], 0x1111
        mov dword [OTHER], 0x2222
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax

        ; a table written through itself, the page used before and after
        mov dword [SELF + (PAGE >> 12) * 4], FRAME + 7
        invlpg [PAGE]
        expect dword [PAGE], 0x1111
        mov dword [SELF + (PAGE >> 12) * 4], OTHER + 7
        invlpg [PAGE]
        expect dword [PAGE], 0x2222
        expect dword [SELF + (PAGE >> 12) * 4], OTHER + 0x27
        ; byte by byte, across two entries
        mov byte [SELF + (PAGE >> 12) * 4 + 1], (FRAME >> 8) & 0xff
        mov byte [SELF + (PAGE >> 12) * 4 + 2], FRAME >> 16
        mov dword [SELF + (PAGE >> 12) * 4 - 2], ((FRAME + 7) << 16) & 0xffff0000 | (((PAGE - 0x1000) >> 16) & 0xffff)
        invlpg [PAGE]
        invlpg [PAGE - 0x1000]
        expect dword [PAGE], 0x1111
        ; read-only, and not there
        mov dword [SELF + (PAGE >> 12) * 4], FRAME + 5
        invlpg [PAGE]
        expect_fault 14, 3, mov dword [PAGE], eax
        mov dword [SELF + (PAGE >> 12) * 4], FRAME + 6
        invlpg [PAGE]
        expect_fault 14, 0, mov eax, [PAGE]

        ; the directory entry taken away and given back, by way of itself
        mov eax, [SELF + (SELF >> 12) * 4]
        mov dword [SPARE], FRAME + 7
        mov dword [SELF + (SELF >> 10 & 0x3ff000) + 4], SPARE + 7
        expect dword [0x400000], 0x1111
        mov dword [SPARE], OTHER + 7
        mov ecx, cr3
        mov cr3, ecx
        expect dword [0x400000], 0x2222
        mov dword [SELF + (SELF >> 10 & 0x3ff000) + 4], 0
        mov cr3, ecx
        expect_fault 14, 0, mov eax, [0x400000]

        ; pages where a VMM might be: its window, and the page behind
        mov dword [DIRECTORY + 1023 * 4], SPARE + 7
        mov dword [SPARE], FRAME + 7
        mov dword [SPARE + 4], OTHER + 7
        mov dword [SPARE + 16 * 4], FRAME + 7
        mov cr3, ecx
        expect dword [0xffc00000], 0x1111
        expect dword [0xffc01000], 0x2222
        expect dword [0xffc10000], 0x1111
        mov dword [0xffc00004], 0x3333
        mov dword [0xffc01004], 0x4444
        expect dword [FRAME + 4], 0x3333
        expect dword [OTHER + 4], 0x4444
        expect dword [0xffc10004], 0x3333
        mov dword [SPARE], 0
        mov cr3, ecx
        expect_fault 14, 2, mov dword [0xffc00008], eax

        ; beyond RAM, where nobody answers; at the ROM, which no store changes
        mov dword [SPARE + 4 * 4], 0x7ffff000 + 7
        mov dword [SPARE + 5 * 4], 0xfffff000 + 7
        mov cr3, ecx
        mov dword [0xffc04000], 0x5555
        expect dword [0xffc04000], 0xffffffff
        mov eax, [0xffc05ff0]
        mov dword [0xffc05ff0], 0x12345678
        expect dword [0xffc05ff0], eax
        ; a directory that is a table, and a table in ROM
        mov dword [DIRECTORY + 4], DIRECTORY + 7
        mov cr3, ecx
        expect dword [0x400000], 7
        mov dword [DIRECTORY + 4], 0xfffff000 + 7
        mov cr3, ecx
        mov dword [DIRECTORY + 4], 0

        ; many address spaces, each with a page of its own; the last ones again
        mov ebx, SPACES
        mov edx, 60
.space: mov esi, DIRECTORY
        mov edi, ebx
        mov ecx, 1024
        rep movsd
        lea eax, [ebx + 0x1000 + 7]
        mov [ebx + 4], eax              ; 4 MiB: the table behind the directory
        mov edi, eax
        and edi, 0xfffff000
        mov ecx, 1024
        xor eax, eax
        rep stosd
        mov eax, edx
        shl eax, 12
        add eax, 7
        mov [ebx + 0x1000], eax
        mov cr3, ebx
        mov eax, [0x400000]
        mov eax, edx
        shl eax, 12
        add eax, 0x27
        expect [ebx + 0x1000], eax
        add ebx, 0x2000
        dec edx
        jnz .space
        mov edx, 30
.again: sub ebx, 0x2000
        mov cr3, ebx
        mov eax, edx
        mov dword [ebx + 0x1004], OTHER + 7
        expect dword [0x401000], 0x2222
        dec edx
        jnz .again
        mov eax, DIRECTORY
        mov cr3, eax
        pass
