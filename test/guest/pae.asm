; CR4 and what it turns on in paging: PAE with its four pointer entries, 2-MiB pages, 36-bit addresses, reserved bits in
; every structure, 4-MiB pages and PSE-36, global pages. SDM Vol. 3, 2.5, 4.3, 4.4, 4.7, 4.10.4.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

POINTERS        equ 0x100020            ; aligned on 32 bytes is enough
DIRECTORY       equ 0x101000
TABLE           equ 0x102000
FRAME           equ 0x110000
PAGE            equ 0x200000            ; mapped by TABLE, entry 0
LARGE           equ 0x400000            ; mapped by DIRECTORY, entry 2

%macro flush_all 0
        mov eax, cr3
        mov cr3, eax
%endmacro

main:
        mov eax, 0x800                  ; CR4.11 does not exist
        expect_fault 13, 0, mov cr4, eax
        mov eax, 0x80000000
        expect_fault 13, 0, mov cr4, eax
        mov eax, cr4
        expect eax, 0
        mov eax, 0x1ff
        mov cr4, eax
        mov eax, cr4
        expect eax, 0x1ff
        mov eax, 0x20                   ; PAE
        mov cr4, eax

        mov edi, 0x100000
        mov ecx, 3 * 1024
        xor eax, eax
        rep stosd
        mov dword [POINTERS], DIRECTORY + 1
        mov dword [DIRECTORY], 0x87     ; the first 2 MiB as they are
        mov dword [DIRECTORY + 8], TABLE + 7
        mov dword [TABLE], FRAME + 7
        mov dword [FRAME], 0x600d

        ; the pointers are loaded with CR3, CR0.PG, CR4.PAE; what is reserved in a present one is #GP(0)
        mov eax, POINTERS
        mov cr3, eax                    ; not looked at while paging is off
        mov ebx, cr0
        or ebx, 0x80000000
        mov dword [POINTERS + 8], 3
        expect_fault 13, 0, mov cr0, ebx
        mov dword [POINTERS + 8], 0x101
        expect_fault 13, 0, mov cr0, ebx
        mov dword [POINTERS + 8], 1
        mov dword [POINTERS + 12], 0x10
        expect_fault 13, 0, mov cr0, ebx
        mov dword [POINTERS + 8], 0x1e6 ; not present: nothing counts
        mov dword [POINTERS + 12], -1
        mov cr0, ebx
        jmp .paged
.paged: expect dword [PAGE], 0x600d
        mov dword [POINTERS + 8], 3
        expect_fault 13, 0, mov cr3, eax
        mov dword [POINTERS + 8], DIRECTORY + 1
        mov dword [POINTERS + 12], 0
        expect_fault 14, 0, mov ecx, [0x40000000]       ; not loaded yet
        mov ecx, cr2
        expect ecx, 0x40000000
        mov cr3, eax
        expect dword [0x40000000 + PAGE], 0x600d
        mov dword [POINTERS + 8], 0
        invlpg [0x40000000 + PAGE]
        expect dword [0x40000000 + PAGE], 0x600d        ; still the one that was loaded
        mov ecx, cr4
        or cl, 0x80                     ; PGE: loads them again
        mov cr4, ecx
        expect_fault 14, 0, mov ecx, [0x40000000 + PAGE]

        ; A and D in 8-byte entries
        mov dword [TABLE], FRAME + 7
        flush_all
        mov eax, [PAGE]
        expect dword [TABLE], FRAME + 0x27
        mov [PAGE + 4], eax
        expect dword [TABLE], FRAME + 0x67
        expect dword [DIRECTORY + 8], TABLE + 0x27

        ; reserved bits: beyond the 36 address bits, the bit that disables execution on later processors
        mov dword [TABLE + 4], 0x10
        flush_all
        expect_fault 14, 9, mov eax, [PAGE]
        expect_fault 14, 11, mov [PAGE], eax
        call_ring3 user_reserved
        mov dword [TABLE + 4], 0x80000000
        flush_all
        expect_fault 14, 9, mov eax, [PAGE]
        mov dword [TABLE + 4], 0
        mov dword [DIRECTORY + 12], 0x20
        flush_all
        expect_fault 14, 9, mov eax, [PAGE]
        mov dword [DIRECTORY + 12], 0

        ; beyond 4 GiB: nothing answers
        mov dword [TABLE + 4], 1
        flush_all
        mov dword [PAGE], 0
        expect dword [PAGE], -1
        expect dword [FRAME], 0x600d
        mov dword [TABLE + 4], 0

        ; 2-MiB pages, PSE or not
        mov dword [DIRECTORY + 16], 0x81
        flush_all
        mov eax, [LARGE + FRAME]
        expect eax, 0x600d
        expect dword [DIRECTORY + 16], 0xa1
        mov dword [LARGE + FRAME], 0x600e       ; read-only, but CR0.WP is clear
        expect dword [DIRECTORY + 16], 0xe1
        mov ebx, cr0
        or ebx, 0x10000
        mov cr0, ebx
        expect_fault 14, 3, mov [LARGE], eax
        call_ring3 user_large
        mov dword [DIRECTORY + 16], 0x2081
        flush_all
        expect_fault 14, 9, mov eax, [LARGE]

        ; a global page: INVLPG and CR4.PGE invalidate it all the same
        mov dword [TABLE], FRAME + 0x107
        flush_all
        mov ecx, [PAGE]
        flush_all
        expect ecx, [PAGE]
        mov dword [TABLE], 0
        invlpg [PAGE]
        expect_fault 14, 0, mov eax, [PAGE]
        mov dword [TABLE], FRAME + 0x107
        mov eax, [PAGE]
        mov dword [TABLE], 0
        mov ecx, cr4
        and cl, ~0x80
        mov cr4, ecx
        expect_fault 14, 0, mov eax, [PAGE]

        ; 32-bit paging again: without PSE and PAE no bit is reserved
        and ebx, 0x7fffffff
        mov cr0, ebx
        xor eax, eax
        mov cr4, eax
        mov dword [DIRECTORY], TABLE + 0x87
        mov edi, TABLE
        mov eax, 7
.fill:  stosd
        add eax, 0x1000
        cmp edi, TABLE + 0x1000
        jne .fill
        mov dword [DIRECTORY + 4], 0x3fe083
        mov eax, DIRECTORY
        mov cr3, eax
        or ebx, 0x80000000
        mov cr0, ebx
        jmp .small
.small: expect dword [FRAME], 0x600e
        mov dword [DIRECTORY], TABLE + 7
        mov eax, cr4
        or al, 0x10                     ; PSE
        mov cr4, eax
        expect_fault 14, 9, mov eax, [LARGE]            ; bit 21
        mov dword [DIRECTORY + 4], 0x020083             ; address bit 36
        flush_all
        expect_fault 14, 9, mov eax, [LARGE]
        mov dword [DIRECTORY + 4], 0x002083             ; address bit 32
        flush_all
        expect dword [LARGE], -1
        mov dword [DIRECTORY + 4], 0x83
        flush_all
        expect dword [LARGE + FRAME], 0x600e
        pass

user_reserved:
        mov ax, DATA3
        mov ds, ax
        expect_fault 14, 13, mov eax, [PAGE]
        leave_ring3
user_large:
        mov ax, DATA3
        mov ds, ax
        expect_fault 14, 5, mov eax, [LARGE]
        expect_fault 14, 7, mov [LARGE], eax
        leave_ring3
