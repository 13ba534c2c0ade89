; Mode 13h: the window at A0000h is memory that code may run from, and rewrite; without chain-4 each byte goes through the
; graphics controller, and both show the same memory. Then a text mode, and mode 13h once more.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

SEQUENCER   equ 0x3c4
MAP_MASK    equ 2
MEMORY_MODE equ 4
CHAINED     equ 0x0e
UNCHAINED   equ 0x06

%macro sequencer 2
        mov dx, SEQUENCER
        mov ax, %1 | %2 << 8
        out dx, ax
%endmacro

start:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        cld
        mov ax, 0x13
        int 0x10
        mov ax, 0xa000
        mov es, ax

        ; A line of pixels, loop and string instructions; RAM behind the window is not what is read.
        xor di, di
        mov cx, 320
.line:  mov [es:di], cl
        inc di
        loop .line
        mov eax, 0x04030201
        mov ecx, 80
        rep stosd
        expect byte [es:0], 0x40
        expect byte [es:319], 1
        expect word [es:320 + 318], 0x0403

        ; Each byte of four is a pixel of a plane of its own: without chain-4 they are one after another in their planes.
        sequencer MEMORY_MODE, UNCHAINED
        sequencer MAP_MASK, 4
        mov byte [es:80], 0x77          ; plane 2 of pixels 320..323
        sequencer MAP_MASK, 15
        sequencer MEMORY_MODE, CHAINED
        expect dword [es:320], 0x04770201

        ; Code in the window, run often, then rewritten by stores there.
        mov si, routine
        mov di, 0x8000
        mov cx, routine_end - routine
        rep movsb
        mov cx, 2000
        xor bp, bp
.call:  call 0xa000:0x8000
        loop .call
        expect bp, 2000
        mov byte [es:0x8000 + 2], 3     ; add bp, 3
        call 0xa000:0x8000
        expect bp, 2003

        ; What is not chained is not code's memory either: the window is a device, and its first bytes are of plane 0.
        sequencer MEMORY_MODE, UNCHAINED
        mov dx, 0x3ce
        mov ax, 0x0104                  ; read plane 1
        out dx, ax
        expect byte [es:80], 2
        mov ax, 0x0004
        out dx, ax
        sequencer MEMORY_MODE, CHAINED
        call 0xa000:0x8000
        expect bp, 2006

        mov ax, 3
        int 0x10
        expect byte [es:0], 0xff        ; text is at B8000h
        mov byte [es:0], 0x55
        mov ax, 0x93                    ; mode 13h, not cleared
        int 0x10
        mov al, [es:1]
        mov byte [es:0], 0x66
        expect byte [es:0], 0x66
        expect byte [es:1], al
        pass

routine:
        add bp, 1
        retf
routine_end:
