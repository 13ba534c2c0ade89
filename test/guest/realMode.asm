; Real mode as boot sectors use it: interrupts through the vector table, wrap-around, prefixes, exceptions.
; SDM Vol. 3, 20.1.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00

        ; INT n: FLAGS, CS, IP on the stack; IF and TF cleared; IRET takes them back
        mov word [4 * 0x60], handler
        mov word [4 * 0x60 + 2], cs
        sti
        stc
        int 0x60
        expect_flag c
        pushf
        pop ax
        test ax, 0x200
        expect_flag nz
        test word [inside], 0x200
        expect_flag z
        test word [frame_flags], 0x201
        expect_flag nz
        expect word [frame_cs], 0
        cli

        ; INT3 and INTO
        mov word [4 * 3], count
        mov word [4 * 3 + 2], cs
        mov word [4 * 4], count
        mov word [4 * 4 + 2], cs
        int3
        mov al, 0x80
        sub al, 1
        into
        xor al, al
        into
        expect word [counted], 2

        ; #DE restarts at the instruction; #UD, #BR too; none pushes an error code
        mov word [4 * 0], skip_two
        mov word [4 * 0 + 2], cs
        mov word [4 * 6], skip_two
        mov word [4 * 6 + 2], cs
        mov sp, 0x7c00
        xor cx, cx
        div cx
        ud2
        expect word [counted], 4
        expect sp, 0x7c00

        ; offsets beyond FFFFh are #GP (#SS through SS), in 386 real mode
        mov word [4 * 13], skip_five
        mov word [4 * 13 + 2], cs
        mov eax, 0x10000
        mov word [counted], 0
        db 0x67, 0x66, 0x8b, 0x40, 0x00        ; mov eax, [eax + 0]
        expect word [counted], 1
        mov di, 0xffff
        nop
        nop
        db 0x26, 0x8b, 0x05, 0x90, 0x90        ; mov ax, [es:di]; nop; nop
        expect word [counted], 2

        ; far call and return, far pointer loads
        push cs
        push word .back
        jmp 0x0700:far_target - 0x7000
.back:
        expect bx, 0x0700
        call 0x07c0:far_return - 0x7c00
        expect bx, 0x07c0
        mov word [pointer], 0x1234
        mov word [pointer + 2], 0x5678
        les si, [pointer]
        expect si, 0x1234
        mov ax, es
        expect ax, 0x5678
        xor ax, ax
        mov es, ax

        ; paragraph numbers that are no multiple of four keep their low bits in CS and SS
        call 0x07c3:far_return - 0x7c30
        expect bx, 0x07c3
        mov ax, 0x0701
        mov ss, ax
        push word 0x4321
        mov ax, ss
        expect ax, 0x0701
        pop dx
        xor ax, ax
        mov ss, ax
        expect dx, 0x4321

        ; segment wrap: 16-bit offsets wrap inside the segment
        mov byte [0], 0xa5
        mov bx, 0xffff
        mov al, [bx + 1]
        expect al, 0xa5
        mov byte [0], 0

        ; operand and address size prefixes
        mov eax, 0x12345678
        push eax
        pop cx
        pop dx
        expect cx, 0x5678
        expect dx, 0x1234
        mov esi, data
        mov eax, [esi + ecx * 0 + 4]
        expect eax, 0x89abcdef
        mov ecx, 0x10002
        a16 loop .once                          ; CX counts: 1 is left
.once:  expect ecx, 0x10001
        mov ecx, 2
        a32 loop .twice
.twice: expect ecx, 1
        a32 o32 lodsd
        expect eax, 0x01234567

        ; SMSW and protected-only instructions: #UD
        mov word [counted], 0
        mov word [4 * 6], skip_three
        sldt ax
        str ax
        verr ax
        lar ax, ax
        expect word [counted], 4
        pass

handler:
        pushf
        pop word [inside]
        mov bp, sp
        mov ax, [bp + 4]
        mov [frame_flags], ax
        mov ax, [bp + 2]
        mov [frame_cs], ax
        iret

count:
        inc word [counted]
        iret

skip_three:
        mov bp, sp
        add word [bp], 3
        inc word [counted]
        iret
skip_two:
        mov bp, sp
        add word [bp], 2
        inc word [counted]
        iret
skip_five:
        mov bp, sp
        add word [bp], 5
        inc word [counted]
        iret

far_target:
        mov bx, cs
        retf
far_return:
        mov bx, cs
        retf

inside:         dw 0
frame_flags:    dw 0
frame_cs:       dw 0
counted:        dw 0
pointer:        dd 0
data:           dd 0x01234567, 0x89abcdef
