; Code that writes code: ahead in the same block, behind, in a loop, across a page, its own immediate, copied code.
; SDM Vol. 3, 11.6: on the processors after the Pentium a store to code takes effect at the next instruction.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

main:
        mov byte [.ahead + 1], 5        ; the very next instruction
.ahead: mov al, 1
        expect al, 5

        xor edx, edx                    ; an immediate that a loop counts up
        mov ecx, 10
.loop:  add edx, 1
        inc byte [.loop + 2]
        loop .loop
        expect edx, 55

        mov ecx, 4                      ; an opcode that alternates: inc, dec
        mov edx, 100
.flip:  inc edx
        xor byte [.flip], 8             ; 42h inc edx, 4Ah dec edx
        loop .flip
        expect edx, 100

        mov ecx, 3                      ; a called routine that is rewritten
        xor edx, edx
.calls: call routine
        add edx, eax
        inc dword [routine + 1]
        loop .calls
        expect edx, 7 + 8 + 9

        mov esi, routine                ; code copied elsewhere, over code that ran
        mov edi, 0x20000
        mov byte [edi], 0xc3
        call edi
        mov ecx, 6
        rep movsb
        mov eax, 0x20000
        call eax
        expect eax, 10

        mov edi, 0x20ffe                ; an instruction across a page, changed in its second half
        mov byte [edi], 0xb8
        mov dword [edi + 1], 0x01010101
        mov byte [edi + 5], 0xc3
        call edi
        expect eax, 0x01010101
        mov byte [edi + 3], 0x77
        call edi
        expect eax, 0x01770101
        mov byte [edi + 1], 0x22
        call edi
        expect eax, 0x01770122

        mov ecx, 8                      ; REP STOSB over the instruction behind it
        mov edi, .erased
        mov al, 0x90
        rep stosb
.erased:
        ud2
        ud2
        ud2
        ud2

        push dword 0x90909090           ; a push into code
        mov ebx, esp
        mov esp, .pushed + 4
        push dword 0x90909090
.pushed:
        ud2
        ud2
        mov esp, ebx
        pass

routine:
        mov eax, 7
        ret
