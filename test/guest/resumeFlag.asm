; RF: IRET may set it, faults push it set, and the next instruction clears it; often enough to be translated, in both rings.
; SDM Vol. 3, 17.3.1.1.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

RF      equ 0x10000
ROUNDS  equ 600
NOTE    equ 0x40

; IRET with RF set, to the next instruction.
%macro resume_here 1                    ; CS
        push dword 2 | RF
        push dword %1
        push dword %%here
        iretd
%%here:
%endmacro

%macro expect_cleared 0
        int NOTE
        mov eax, [noted]
        test eax, RF
        expect_flag z
%endmacro

%macro rounds 1                         ; CS
        mov ecx, ROUNDS
%%round:
        resume_here %1
        nop                             ; clears RF
        expect_cleared
        expect_fault 6, 0, ud2
        mov eax, [fault_flags]          ; clears what the handler's IRET has set
        test eax, RF
        expect_flag nz
        expect_cleared
        dec ecx
        jnz %%round
%endmacro

main:
        set_gate NOTE, note, 0xee
        rounds CODE0
        call_ring3 user
        pass

user:   mov ax, DATA3
        mov ds, ax
        rounds CODE3
        leave_ring3

note:   push ds
        push eax
        mov ax, DATA0
        mov ds, ax
        mov eax, [esp + 16]
        mov [noted], eax
        pop eax
        pop ds
        iretd

noted:  dd 0
