; A virtio block device through its legacy ports: negotiation, one queue, a read that is polled for, a write, and a read
; that ends in an interrupt. Every sector of the disk is filled with the low byte of its number.
; launch: disk numbered:4032
; launch: virtio block
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

FEATURES equ 0                          ; offsets from base address 0
ACCEPTED equ 4
ADDRESS equ 8
SIZE    equ 12
SELECT  equ 14
NOTIFY  equ 16
STATUS  equ 18
ISR     equ 19
CONFIG  equ 20

RINGS   equ 0x10000                     ; descriptors, available ring; the used ring a page on
ENTRIES equ 128
AVAIL   equ ENTRIES * 16                ; in the segment of the rings
USED    equ 0x1000
HEADER  equ 0x9000
BUFFER  equ 0x9200
RESULT  equ 0x9100

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ax, RINGS >> 4
        mov es, ax
        cld

        ; device 4 of the PCI bus: vendor 1AF4h, device 1001h, subsystem 2; ports; an interrupt
        mov eax, 0x80002000
        call config
        expect eax, 0x10011af4
        mov eax, 0x8000202c
        call config
        expect eax, 0x00021af4
        mov eax, 0x8000203c
        call config
        expect ax, 0x010b
        mov eax, 0x80002010
        call config
        expect_flag nz
        and ax, 0xfffc
        mov [ports], ax
        mov eax, 0x80002004             ; bus master: the rings are reached by DMA
        call config
        or al, 4
        mov dx, 0xcfc
        out dx, eax

        ; reset, acknowledge, driver, no features, the queue, driver ok
        mov al, 0
        mov bx, STATUS
        call put
        mov al, 3
        call put
        mov bx, FEATURES
        call get
        test eax, 1 << 9
        expect_flag nz
        xor eax, eax
        mov bx, ACCEPTED
        call put_long
        mov bx, SELECT
        call put_word
        mov bx, SIZE
        call get
        expect ax, ENTRIES
        xor ax, ax
        mov cx, 0x2000 / 2
        xor di, di
        rep stosw
        mov eax, RINGS >> 12
        mov bx, ADDRESS
        call put_long
        mov al, 7
        mov bx, STATUS
        call put
        mov bx, CONFIG
        call get
        expect eax, 4032

        ; sector 258, no interrupt wanted
        mov word [es:AVAIL], 1
        mov eax, 258
        mov byte [HEADER], 0
        call request
        call poll
        expect byte [RESULT], 0
        expect dword [BUFFER], 0x02020202
        expect dword [BUFFER + 508], 0x02020202
        expect dword [es:USED + 4], 0
        expect dword [es:USED + 8], 513
        mov bx, ISR
        call get
        expect al, 0

        ; write sector 77
        mov dword [BUFFER + 100], 0x12345678
        mov eax, 77
        mov byte [HEADER], 1
        call request
        call poll
        expect byte [RESULT], 0

        ; read it back: the interrupt is IRQ 11
        mov word [4 * 0x73], interrupt
        mov word [4 * 0x73 + 2], 0
        in al, 0xa1
        and al, ~0x08
        out 0xa1, al
        mov dword [BUFFER + 100], 0
        mov word [es:AVAIL], 0
        mov eax, 77
        mov byte [HEADER], 0
        call request
.wait:  sti
        hlt
        cli
        cmp byte [interrupts], 0
        je .wait
        expect byte [interrupts], 1
        expect byte [reason], 1
        expect byte [RESULT], 0
        expect dword [BUFFER + 100], 0x12345678
        expect word [es:USED + 2], 3

        ; behind the end of the disk
        mov word [es:AVAIL], 1
        mov eax, 4032
        call request
        call poll
        expect byte [RESULT], 1

        ; a chain that leads to itself: the device needs a reset, and is well behind one
        mov word [es:12], 1             ; next
        mov word [es:14], 0
        inc word [es:AVAIL + 2]
        xor ax, ax
        mov bx, NOTIFY
        call put_word
.broken:
        mov bx, STATUS
        call get
        test al, 0x40
        jz .broken
        mov al, 0
        call put
        call get
        expect al, 0
        pass

; EAX: address of a configuration register. Its value in EAX; ZF when that is 0.
config: mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        test eax, eax
        ret

; BX: register. Its value in EAX, as wide as the register and its neighbours.
get:    mov dx, [ports]
        add dx, bx
        cmp bx, STATUS
        je .byte
        cmp bx, ISR
        je .byte
        in eax, dx
        ret
.byte:  in al, dx
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

; EAX: sector, [HEADER]: type. Three descriptors: header, data, status.
request:
        mov [HEADER + 8], eax
        mov dword [HEADER + 12], 0
        mov byte [RESULT], 0xee
        mov dword [es:0], HEADER
        mov dword [es:8], 16
        mov dword [es:12], 0x00010001   ; goes on at 1
        mov dword [es:16], BUFFER
        mov dword [es:24], 512
        mov dword [es:28], 0x00020001   ; goes on at 2
        cmp byte [HEADER], 0
        jne .write
        mov byte [es:28], 3             ; the device writes
.write: mov dword [es:32], RESULT
        mov dword [es:40], 1
        mov dword [es:44], 0x00000002
        inc word [es:AVAIL + 2]         ; the ring names descriptor 0 everywhere
        mov ax, [es:USED + 2]
        inc ax
        mov [expected], ax
        xor ax, ax
        mov bx, NOTIFY
        jmp put_word

poll:   mov ax, [expected]
        cmp [es:USED + 2], ax
        jne poll
        ret

interrupt:
        push eax
        push bx
        push dx
        inc byte [interrupts]
        mov bx, ISR
        call get
        mov [reason], al
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop dx
        pop bx
        pop eax
        iret

ports:  dw 0
expected: dw 0
interrupts: db 0
reason: db 0
