; What changes nothing: hints, fences, prefetches and the opcodes reserved for them, ENDBR32 of later processors among them.
; Their memory operands are not accessed. SDM Vol. 2, NOP, PREFETCHh, LFENCE, SFENCE, MFENCE; appendix A, table A-3.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

%macro unchanged 1+                     ; an instruction that leaves registers and flags alone
        mov edi, 0xfffffff0             ; no memory there
        mov ecx, 0x12345678
        stc
        %1
        expect_flag c
        expect ecx, 0x12345678
        expect edi, 0xfffffff0
%endmacro

main:
%assign opcode 0x19
%rep 6
        unchanged db 0x0f, opcode, 0x0f
        unchanged db 0x0f, opcode, 0xc9
%assign opcode opcode + 1
%endrep
%assign extension 0
%rep 8
        unchanged db 0x0f, 0x1f, 8 * extension + 7
        unchanged db 0x0f, 0x18, 8 * extension + 7
        unchanged db 0x0f, 0x18, 0xc0 + 8 * extension + 1
%assign extension extension + 1
%endrep
        unchanged db 0x0f, 0x0d, 0x0f
        unchanged db 0xf3, 0x0f, 0x1e, 0xfb
        unchanged lfence
        unchanged mfence
        unchanged sfence
%assign rm 1                            ; the fences ignore ModRM.rm
%rep 7
        unchanged db 0x0f, 0xae, 0xe8 + rm
        unchanged db 0x0f, 0xae, 0xf0 + rm
        unchanged db 0x0f, 0xae, 0xf8 + rm
%assign rm rm + 1
%endrep
        pass
