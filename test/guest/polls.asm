; What a program asks the BIOS in a loop: the clock (INT 1Ah AH=0), and whether a key waits (INT 16h AH=1 and 11h).
; Registers that are no answer, DS and IF stay; the other functions of both vectors are unaffected.
; expect: serial "clock keys a a none\n"
; expect: exit 0
; keys: "a"
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov byte [0x470], 1             ; midnight has passed
        mov dword [0x46c], 0x00123456
        mov ax, 0x00ff
        mov bx, 0xbbbb
        int 0x1a
        pushf
        pop si
        cmp ax, 1                       ; and nobody had asked
        jne bad
        cmp cx, 0x0012
        jne bad
        cmp dx, 0x3456
        jne bad
        cmp byte [0x470], 0
        jne bad
        xor ax, ax
        stc
        int 0x1a
        jnc bad                         ; flags come back
        test ax, ax
        jne bad
        test si, 0x0200                 ; IF
        jne bad
        mov si, clock
        call print

        mov ax, 0x01cd                  ; IRQ 1 cannot have come: no key waits
        call look
        jnz bad
        cmp ax, 0x01cd
        jne bad
        mov ax, 0x11cd
        call look
        jnz bad
        cmp ax, 0x11cd
        jne bad
        mov si, keys
        call print
        sti
        mov ah, 1
.wait:  call look
        jz .wait
        call show
        mov ah, 0x11
        call look
        jz bad
        call show
        xor ah, ah
        int 0x16
        mov ah, 1
        call look
        jnz bad
        mov si, none
        call print
        xor al, al
        out 0xf4, al

; INT 16h; DS, BX and BP must come back.
look:
        mov bx, 0x1234
        mov bp, 0x5678
        int 0x16
        pushf
        cmp bx, 0x1234
        jne bad
        cmp bp, 0x5678
        jne bad
        mov bx, ds
        test bx, bx
        jnz bad
        popf
        ret

show:
        cmp ah, 0x1e
        jne bad
        out 0xe9, al
        mov al, ' '
        out 0xe9, al
        ret

bad:
        mov al, 1
        out 0xf4, al
        hlt

clock:  db 'clock ', 0
keys:   db 'keys ', 0
none:   db 'none', 10, 0
