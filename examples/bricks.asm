; A game in a boot sector: mode 13h, the BIOS's keyboard, the timer's interrupt for its pace. Left and right (or A and D)
; move the paddle, Escape ends it. Run it with the Guest Screen in view, or take a picture of it:
;   ringside run examples/bricks.asm --max-instructions 200000 --screenshot bricks.png

        bits 16
        org 0x7c00

BALL            equ 5                   ; its size in pixels
PADDLE_Y        equ 188
PADDLE_WIDTH    equ 44
PADDLE_COLOUR   equ 15
BALL_COLOUR     equ 14
BRICK_PITCH_X   equ 32
BRICK_PITCH_Y   equ 10
BRICKS_Y        equ 24
BRICK_ROWS      equ 6

start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, 0x0013
        int 0x10
        push 0xa000
        pop es
        cld
        mov si, title
.print: lodsb
        test al, al
        jz .pace
        mov ah, 0x0e
        mov bx, 11
        int 0x10
        jmp .print
.pace:  mov al, 0x36                    ; counter 0: 60 interrupts a second
        out 0x43, al
        mov al, 19886 & 255
        out 0x40, al
        mov al, 19886 >> 8
        out 0x40, al

        mov bx, BRICKS_Y                ; the wall: a colour a row
        mov bp, 32
.row:   xor ax, ax
.brick: push ax
        inc ax
        mov cx, BRICK_PITCH_X - 2
        mov dx, BRICK_PITCH_Y - 2
        call fill
        pop ax
        add ax, BRICK_PITCH_X
        cmp ax, 320
        jb .brick
        add bp, 4
        add bx, BRICK_PITCH_Y
        cmp bx, BRICKS_Y + BRICK_ROWS * BRICK_PITCH_Y
        jb .row

frame:  hlt                             ; until the next interrupt
        mov bp, 0
        call draw
        mov ah, 1
        int 0x16
        jz .move
        xor ah, ah
        int 0x16
        cmp al, 27
        je quit
        or al, 0x20
        mov dx, -12
        cmp al, 'a'
        je .paddle
        cmp ah, 0x4b                    ; cursor left
        je .paddle
        neg dx
        cmp al, 'd'
        je .paddle
        cmp ah, 0x4d
        jne .move
.paddle:
        add dx, [paddle]
        cmp dx, 320 - PADDLE_WIDTH
        ja .move                        ; off the screen, at either end
        mov [paddle], dx
.move:  mov ax, [ball_x]                ; walls
        add ax, [step_x]
        cmp ax, 320 - BALL
        jb .x
        neg word [step_x]
        mov ax, [ball_x]
.x:     mov [ball_x], ax
        mov ax, [ball_y]
        add ax, [step_y]
        cmp ax, 10
        jae .below
        neg word [step_y]
        mov ax, [ball_y]
.below: cmp ax, 200 - BALL
        jb .y
        mov ax, 100                     ; lost: once more from the middle
.y:     mov [ball_y], ax
        call hit
        mov bp, PADDLE_COLOUR
        call draw
        jmp frame

; What the ball's foremost corner meets: a brick goes, the paddle throws back.
hit:    mov cx, [ball_x]
        cmp word [step_x], 0
        jl .left
        add cx, BALL - 1
.left:  mov bx, [ball_y]
        cmp word [step_y], 0
        jl .up
        add bx, BALL - 1
.up:    imul di, bx, 320
        add di, cx
        cmp byte [es:di], 0
        jne .brick
        sub bx, PADDLE_Y
        cmp bx, 3
        ja .none
        sub cx, [paddle]
        cmp cx, PADDLE_WIDTH
        ja .none
        mov word [step_y], -2
.none:  ret
.brick: neg word [step_y]
        xchg ax, bx
        sub ax, BRICKS_Y
        mov bl, BRICK_PITCH_Y
        div bl
        mul bl
        add ax, BRICKS_Y
        xchg bx, ax
        xchg ax, cx
        and ax, ~(BRICK_PITCH_X - 1)
        inc ax
        mov cx, BRICK_PITCH_X - 2
        mov dx, BRICK_PITCH_Y - 2
        xor bp, bp
        jmp fill

; Ball and paddle in colour BP; 0 takes them away.
draw:   mov ax, [paddle]
        mov bx, PADDLE_Y
        mov cx, PADDLE_WIDTH
        mov dx, 5
        call fill
        test bp, bp
        jz .ball
        dec bp
.ball:  mov ax, [ball_x]
        mov bx, [ball_y]
        mov cx, BALL
        mov dx, BALL
        ; falls through

; CX x DX pixels at AX, BX in colour BP.
fill:   pusha
        imul di, bx, 320
        add di, ax
        mov ax, bp
.line:  push cx
        push di
        rep stosb
        pop di
        pop cx
        add di, 320
        dec dx
        jnz .line
        popa
        ret

quit:   mov ax, 0x0003
        int 0x10
        xor al, al
        out 0xf4, al
        hlt

paddle: dw 138
ball_x: dw 150
ball_y: dw 120
step_x: dw 2
step_y: dw -2
title:  db '  BRICKS in 512 bytes', 0

        times 510 - ($ - $$) db 0
        dw 0xaa55
