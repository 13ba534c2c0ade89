; Paging: translation, accessed and dirty bits, #PF with its error code and CR2, U/S and R/W, CR0.WP, INVLPG, a restart
; after the page was brought in, 4-MiB pages, accesses across pages. SDM Vol. 3, 4.3, 4.6 to 4.8.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

DIRECTORY       equ 0x100000
TABLE           equ 0x101000
FRAME           equ 0x110000            ; where pages of the test lie
PAGE            equ 0x20000             ; a linear page to play with, and its entry
ENTRY           equ TABLE + (PAGE >> 12) * 4

main:
        mov edi, DIRECTORY
        mov ecx, 2048
        xor eax, eax
        cld
        rep stosd
        mov dword [DIRECTORY], TABLE + 7
        mov edi, TABLE
        mov eax, 7                      ; the first 2 MiB as they are
        mov ecx, 512
.fill:  stosd
        add eax, 0x1000
        loop .fill
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp .paged
.paged: expect dword [DIRECTORY], TABLE + 0x27  ; accessed by now

        ; A and D
        mov dword [ENTRY], FRAME + 7
        mov eax, cr3
        mov cr3, eax
        mov eax, [PAGE]
        expect dword [ENTRY], FRAME + 0x27
        mov dword [PAGE], 0x600d
        expect dword [ENTRY], FRAME + 0x67
        expect dword [FRAME], 0x600d

        ; not present
        mov dword [ENTRY], 0
        invlpg [PAGE]
        expect_fault 14, 0, mov eax, [PAGE + 0x123]
        mov eax, cr2
        expect eax, PAGE + 0x123
        expect_fault 14, 2, mov [PAGE + 0x124], eax
        mov eax, cr2
        expect eax, PAGE + 0x124
        expect_fault 14, 2, inc dword [PAGE + 8]
        mov dword [resume], .fetched
        mov dword [expected_vector], 14
        mov dword [expected_code], 0
        mov dword [expected_eip], PAGE
        mov dword [check_at], .fetched
        jmp PAGE_TARGET                 ; the fault belongs to the target
.fetched:
        mov eax, cr2
        expect eax, PAGE

        ; across pages: CR2 names the second one, and the first half is not written
        mov dword [PAGE - 4], 0x11223344
        expect_fault 14, 2, mov dword [PAGE - 2], -1
        mov eax, cr2
        expect eax, PAGE
        expect dword [PAGE - 4], 0x11223344
        expect_fault 14, 0, mov eax, [PAGE - 1]

        ; a repeated instruction stops at the page, and goes on when it is there
        set_gate 14, bring_in, 0x8e
        mov edi, PAGE - 2
        mov ecx, 5
        mov al, 0x77
        rep stosb
        expect ecx, 0
        expect edi, PAGE + 3
        expect word [PAGE], 0x7777
        expect dword [brought], 1
        mov dword [ENTRY], 0
        invlpg [PAGE]
        push dword [PAGE]               ; memory to memory, restarted
        pop eax
        expect dword [brought], 2
        set_gate 14, stubs + 16 * 14, 0x8e

        ; read-only: the supervisor does not care, unless WP is set
        mov dword [ENTRY], FRAME + 5
        invlpg [PAGE]
        mov dword [PAGE], 1
        expect dword [ENTRY], FRAME + 0x65
        mov eax, cr0
        or eax, 0x10000
        mov cr0, eax
        expect_fault 14, 3, mov [PAGE], eax
        expect_fault 14, 3, bts dword [PAGE], 5
        mov eax, [PAGE]
        expect eax, 1
        mov eax, cr0
        and eax, ~0x10000
        mov cr0, eax
        mov dword [PAGE], 2

        ; user code: U/S and R/W, of directory and table together
        call_ring3 user, 0x202
        mov dword [ENTRY], FRAME + 3
        invlpg [PAGE]
        mov dword [ENTRY + 4], FRAME + 0x1000 + 5
        invlpg [PAGE + 0x1000]
        call_ring3 user_denied, 0x202

        ; 4-MiB pages
        mov eax, cr4
        or eax, 0x10
        mov cr4, eax
        mov dword [DIRECTORY + 4], 0x83 ; linear 400000h is physical 0
        mov eax, [0x400000 + gdt_register + 2]
        expect eax, gdt
        expect dword [DIRECTORY + 4], 0xa3
        mov dword [0x400000 + FRAME + 8], 0xbeef
        expect dword [DIRECTORY + 4], 0xe3
        expect dword [FRAME + 8], 0xbeef
        mov eax, cr4
        and eax, ~0x10
        mov cr4, eax
        mov dword [DIRECTORY + 4], 0
        expect_fault 14, 0, mov eax, [0x400000]

        ; two linear pages, one frame; a change of CR3 shows other memory
        mov dword [ENTRY], FRAME + 7
        mov dword [ENTRY + 4], FRAME + 7
        mov eax, cr3
        mov cr3, eax
        mov dword [PAGE + 0x10], 0xabcd
        expect dword [PAGE + 0x1010], 0xabcd

        ; code that is remapped is other code
        mov byte [FRAME], 0xb8          ; mov eax, 1; ret
        mov dword [FRAME + 1], 1
        mov byte [FRAME + 5], 0xc3
        mov byte [FRAME + 0x1000], 0xb8
        mov dword [FRAME + 0x1001], 2
        mov byte [FRAME + 0x1005], 0xc3
        mov ecx, 3
.again: call PAGE_TARGET
        expect eax, 1
        loop .again
        mov dword [ENTRY], FRAME + 0x1007
        invlpg [PAGE]
        call PAGE_TARGET
        expect eax, 2

        ; paging off again
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        expect dword [FRAME + 0x10], 0xabcd
        pass

PAGE_TARGET equ PAGE

bring_in:
        push eax
        mov eax, cr2
        expect eax, PAGE
        inc dword [brought]
        mov dword [ENTRY], FRAME + 7
        pop eax
        add esp, 4
        iretd

user:
        mov ax, DATA3
        mov ds, ax
        mov eax, [PAGE]
        expect eax, 2
        expect_fault 14, 7, mov [PAGE], eax
        expect_fault 14, 4, mov eax, [0x400000]
        expect_fault 14, 6, mov [0x400000], eax
        leave_ring3

user_denied:
        mov ax, DATA3
        mov ds, ax
        expect_fault 14, 5, mov eax, [PAGE]
        expect_fault 14, 7, mov [PAGE], eax
        expect_fault 14, 5, mov eax, [PAGE - 3]
        mov eax, [PAGE + 0x1000]
        expect_fault 14, 7, mov [PAGE + 0x1000], eax
        leave_ring3

        align 4
brought: dd 0
