; VBE of the VGA BIOS: mode 112h (640 × 480, true colour) with its linear frame buffer, then by banks. Prints "1K" when what
; was written through the one is there in the other, and powers off with the bits of a pixel; else the step that failed, and 1.
; VESA BIOS Extension 2.0, functions 4F00h to 4F03h and 4F05h.
        bits 16
        org 0x7c00
INFO    equ 0x9000                      ; of the mode: bits of a pixel at 25, frame buffer at 40
MODE    equ 0x112
LINEAR  equ 0x4000
KEEP    equ 0x8000                      ; what is in video memory

%macro vbe 1                            ; function
        mov ax, 0x4f00 + %1
        int 0x10
        cmp ax, 0x4f
        mov bl, '0' + %1
        jne bad
%endmacro

        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov di, 0x8000
        mov dword [di], 'VBE2'
        vbe 0
        cmp dword [0x8000], 'VESA'
        jne bad
        mov cx, MODE
        mov di, INFO
        vbe 1
        mov bx, MODE | LINEAR
        vbe 2
        mov ax, 0x4f03
        int 0x10
        cmp bx, MODE | LINEAR
        mov bl, '3'
        jne bad

        lgdt [gdtr]                     ; a segment of 4 GiB, left in FS
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        mov edi, [INFO + 40]
        movzx eax, byte [INFO + 25]
        shr eax, 3
        mov ecx, 640 * 200
        imul ecx, eax
.fill:  mov byte [fs:edi], '1'
        inc edi
        dec ecx
        jnz .fill

        mov bx, MODE | KEEP
        vbe 2
        xor bx, bx
        mov dx, 12                      ; bank 12: white below
        vbe 5
        mov ax, 0xa000
        mov es, ax
        xor di, di
        mov cx, 0x8000
        mov ax, 0xf0f0
        rep stosw
        xor bx, bx
        xor dx, dx
        vbe 5
        mov al, [es:0]
        out 0xe9, al
        mov al, 'K'
        out 0xe9, al
        mov al, [INFO + 25]
        out 0xf4, al
bad:    mov al, bl
        out 0xe9, al
        mov al, 1
        out 0xf4, al

gdt:    dq 0
        dw 0xffff, 0
        db 0, 0x92, 0xcf, 0
gdtr:   dw 15
        dd gdt
