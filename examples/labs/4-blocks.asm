; Lab 4: Blocks and the cache. A loop that is translated once and run often, and one that rewrites itself.
; lab: blocks
; technique: bt
; variant: translation optimised

        bits 32
        org 0x8000

start:
        xor ebx, ebx
        mov ecx, 10
sum:
        add ebx, ecx                    ; one block: its branch ends it
        loop sum
        call print_number               ; [stop 1] look at the block that begins at `sum`
        mov al, ' '
        out 0xe9, al                    ; [stop 2] a sensitive instruction ends a block too

        xor ebx, ebx
        mov ecx, 5
grow:
        add ebx, byte 1                 ; the 1 is the third byte of the instruction ...
        inc byte [grow + 2]             ; ... and now it is one more: the block is thrown away
        loop grow
        call print_number               ; [stop 3] look at what has been thrown away
        mov al, 10
        out 0xe9, al
        xor al, al
        out 0xf4, al

print_number:                           ; EBX, below 100
        mov eax, ebx
        aam                             ; AH: tens, AL: ones
        add ax, '00'
        xchg al, ah
        out 0xe9, al
        xchg al, ah
        out 0xe9, al
        ret

; What it does, under which technique, for those who test it:
; expect: serial "55 15\n"
; expect: exit 0
