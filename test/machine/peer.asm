; One of two machines on a switch, through a virtio network card's legacy ports. With CALLS defined it sends the first frame
; and prints the answer; without, it waits for a frame and answers whoever sent it with a text of its own.
%include "../guest/lib/real.inc"

ACCEPTED equ 4
ADDRESS equ 8
SELECT  equ 14
NOTIFY  equ 16
STATUS  equ 18
CONFIG  equ 20

ENTRIES equ 256
AVAIL   equ ENTRIES * 16
USED    equ 0x2000
RECEIVE equ 0x10000                     ; rings, in segments FS and GS
SEND    equ 0x14000
HEADER  equ 10
INBOUND      equ 0x9000
OUTBOUND     equ 0x9800
TYPE    equ 0xb588                      ; 88B5h, for experiments

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, RECEIVE >> 4
        mov fs, ax
        mov ax, SEND >> 4
        mov gs, ax
        cld

        mov eax, 0x80001800
        call config
        expect eax, 0x10001af4
        mov eax, 0x80001810
        call config
        and ax, 0xfffc
        mov [ports], ax
        mov eax, 0x80001804             ; bus master: the rings are reached by DMA
        call config
        or al, 4
        mov dx, 0xcfc
        out dx, eax
        mov bx, STATUS
        mov al, 0
        call put
        mov al, 3
        call put
        mov bx, ACCEPTED
        mov eax, 1 << 5                 ; the card's address
        call put_long
        mov bx, SELECT
        xor ax, ax
        call put_word
        mov bx, ADDRESS
        mov eax, RECEIVE >> 12
        call put_long
        mov bx, SELECT
        mov ax, 1
        call put_word
        mov bx, ADDRESS
        mov eax, SEND >> 12
        call put_long
        mov bx, STATUS
        mov al, 7
        call put

        ; one buffer to receive into
        mov dword [fs:0], INBOUND
        mov dword [fs:8], 1600
        mov dword [fs:12], 2
        mov word [fs:AVAIL + 2], 1
        mov bx, NOTIFY
        xor ax, ax
        call put_word

%ifdef CALLS
        mov edi, OUTBOUND + HEADER
        mov ax, 0xffff
        mov cx, 3
        rep stosw
        mov si, question
        call send
        call await
%else
        call await
        mov si, INBOUND + HEADER + 6         ; back to where it came from
        mov edi, OUTBOUND + HEADER
        mov cx, 3
        rep movsw
        mov si, answer
        call send
%endif
        mov si, INBOUND + HEADER + 14
        call print
        mov al, 10
        out 0xe9, al
        pass

; SI: text. The destination is in the frame.
send:   mov di, OUTBOUND + HEADER + 6
        mov dx, [ports]
        add dx, CONFIG
        mov cx, 6
.mac:   in al, dx
        inc dx
        stosb
        loop .mac
        mov ax, TYPE
        stosw
        mov cx, 46
        rep movsb
        mov dword [gs:0], OUTBOUND
        mov dword [gs:8], HEADER + 60
        mov dword [gs:12], 0
        mov word [gs:AVAIL + 2], 1
        mov bx, NOTIFY
        mov ax, 1
        call put_word
.sent:  cmp word [gs:USED + 2], 1
        jne .sent
        ret

await:  cmp word [fs:USED + 2], 1
        jne await
        expect dword [fs:USED + 8], HEADER + 60
        expect word [INBOUND + HEADER + 12], TYPE
        ret

config: mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        ret
put:    mov dx, [ports]
        add dx, bx
        out dx, al
        ret
put_word:
        mov dx, [ports]
        add dx, bx
        out dx, ax
        ret
put_long:
        mov dx, [ports]
        add dx, bx
        out dx, eax
        ret

ports:  dw 0
question: db "Is anybody there?", 0
        times 46 db 0
answer: db "Yes, behind the switch", 0
        times 46 db 0
