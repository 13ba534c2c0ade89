; The diskette controller: reset, recalibrate, seek, READ DATA and WRITE DATA through channel 2 of the DMA controller, each
; ended by IRQ 6. Every sector of the image is filled with the low byte of its number. Intel 82077AA and 8237A datasheets.
; launch: floppy numbered:2880
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

DOR     equ 0x3f2
MSR     equ 0x3f4
FIFO    equ 0x3f5
BUFFER  equ 0x9000
TO_MEMORY equ 0x46
FROM_MEMORY equ 0x4a

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        mov word [4 * 0x0e], interrupt
        mov word [4 * 0x0e + 2], 0
        in al, 0x21
        and al, ~0x40
        out 0x21, al

        mov dx, DOR
        mov al, 0x18
        out dx, al
        mov al, 0x1c                    ; motor A, interrupts and DMA on
        out dx, al
        call wait_irq
        mov cx, 4
.sense: push cx
        mov si, sense
        call command
        call result
        pop cx
        loop .sense
        mov si, recalibrate
        call command
        call wait_irq
        mov si, sense
        call command
        call result
        expect word [results], 0x0020
        mov si, seek
        call command
        call wait_irq
        mov si, sense
        call command
        call result
        expect word [results], 0x0324   ; drive 0, head 1, cylinder 3

        mov bl, TO_MEMORY
        mov cx, 1023
        call program
        mov si, read
        call command
        call wait_irq
        call result
        expect word [results], 0x0004
        expect byte [results + 2], 0
        expect dword [BUFFER], 0x82828282 ; (3 * 2 + 1) * 18 + 4
        expect dword [BUFFER + 1020], 0x83838383

        mov dword [BUFFER], 0x12345678
        mov bl, FROM_MEMORY
        mov cx, 511
        call program
        mov si, write
        call command
        call wait_irq
        call result
        expect word [results], 0x0004
        mov dword [BUFFER], 0
        sti
        mov ax, 0x0201                  ; the BIOS reads the same disk
        mov bx, BUFFER
        mov cx, 0x0305
        mov dx, 0x0100
        int 0x13
        expect_flag nc
        expect dword [BUFFER], 0x12345678
        expect byte [interrupts], 5
        pass

; SI: length and bytes
command:
        lodsb
        movzx cx, al
.next:  call request
        lodsb
        mov dx, FIFO
        out dx, al
        loop .next
        ret

request:
        mov dx, MSR
.poll:  in al, dx
        test al, 0x80
        jz .poll
        ret

result: mov di, results
.next:  call request
        test al, 0x40
        jz .done
        mov dx, FIFO
        in al, dx
        stosb
        jmp .next
.done:  ret

; BL: mode, CX: bytes - 1
program:
        mov al, 0x06
        out 0x0a, al
        out 0x0c, al
        mov al, bl
        out 0x0b, al
        mov al, BUFFER & 0xff
        out 0x04, al
        mov al, BUFFER >> 8
        out 0x04, al
        xor al, al
        out 0x81, al
        mov al, cl
        out 0x05, al
        mov al, ch
        out 0x05, al
        xor al, al
        out 0xd4, al                    ; the cascade
        mov al, 0x02
        out 0x0a, al
        ret

wait_irq:
        sti
        hlt
        cli
        cmp byte [arrived], 0
        je wait_irq
        mov byte [arrived], 0
        ret

interrupt:
        push ax
        inc byte [interrupts]
        mov byte [arrived], 1
        mov al, 0x20
        out 0x20, al
        pop ax
        iret

sense:  db 1, 0x08
recalibrate: db 2, 0x07, 0
seek:   db 3, 0x0f, 4, 3
read:   db 9, 0x46, 4, 3, 1, 5, 2, 18, 0x1b, 0xff
write:  db 9, 0x45, 4, 3, 1, 5, 2, 18, 0x1b, 0xff
arrived: db 0
interrupts: db 0
results: times 16 db 0
