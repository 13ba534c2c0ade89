; The disk controllers, through ports alone: PCI configuration, IDENTIFY, programmed I/O, bus-master DMA with IRQ 14, and
; READ(10) from a CD-ROM drive. Every sector of the images is filled with the low byte of its number (512-byte sectors).
; launch: disk numbered:4032
; launch: cdrom numbered:160
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

COMMAND equ 0x1f0                       ; command block of the primary channel
CONTROL equ 0x3f6
CDROM   equ 0x170                       ; and of the secondary
BUFFER  equ 0x9000
PRD     equ 0x8f00

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cld

        ; the IDE function of the PIIX3 is 0:1.1, its bus master at base address 4
        mov eax, 0x80000900
        call config
        expect eax, 0x70108086
        mov eax, 0x80000920
        call config
        and ax, 0xfffc
        mov [master], ax

        ; IDENTIFY DEVICE of the master; there is no slave. No interrupts yet
        mov al, 2
        mov dx, CONTROL
        out dx, al
        mov al, 0xb0
        mov dx, COMMAND + 6
        out dx, al
        inc dx
        in al, dx
        expect al, 0
        mov al, 0xe0
        dec dx
        out dx, al
        mov al, 0xec
        mov dx, COMMAND + 7
        out dx, al
        call ready
        call read_sector
        expect dword [BUFFER + 120], 4032

        ; READ SECTORS, two from 258 on
        mov eax, 258
        mov bl, 2
        mov bh, 0x20
        call issue
        call ready
        call read_sector
        expect dword [BUFFER], 0x02020202
        call ready
        call read_sector
        expect dword [BUFFER + 508], 0x03030303

        ; WRITE SECTORS, and back
        mov eax, 300
        mov bl, 1
        mov bh, 0x30
        call issue
        call ready
        mov dword [BUFFER + 8], 0x12345678
        mov si, BUFFER
        mov cx, 256
        mov dx, COMMAND
        rep outsw
        call ready_idle
        mov eax, 300
        mov bl, 1
        mov bh, 0x20
        call issue
        call ready
        mov dword [BUFFER + 8], 0
        call read_sector
        expect dword [BUFFER + 8], 0x12345678

        ; READ DMA of two sectors into two regions, IRQ 14 at the end
        mov word [4 * 0x76], interrupt
        mov word [4 * 0x76 + 2], 0
        xor al, al
        mov dx, CONTROL
        out dx, al
        in al, 0xa1
        and al, ~0x40
        out 0xa1, al
        mov dword [PRD], BUFFER
        mov dword [PRD + 4], 512
        mov dword [PRD + 8], BUFFER + 0x800
        mov dword [PRD + 12], 0x80000200
        mov dx, [master]
        add dx, 4
        mov eax, PRD
        out dx, eax
        sub dx, 2
        mov al, 6
        out dx, al
        mov eax, 1030
        mov bl, 2
        mov bh, 0xc8
        call issue
        mov dx, [master]
        mov al, 9                       ; start, to memory
        out dx, al
.wait:  sti
        hlt
        cli
        cmp byte [interrupts], 0
        je .wait
        mov dx, [master]
        xor al, al
        out dx, al
        expect dword [BUFFER], 0x06060606
        expect dword [BUFFER + 0x800 + 508], 0x07070707
        expect byte [master_status], 4
        expect byte [interrupts], 1

        ; the CD-ROM drive: its first command hears of power-on, the next reads sector 5
        call packet
        expect_flag c
        call packet
        expect_flag nc
        expect dword [BUFFER], 0x14141414
        expect dword [BUFFER + 2044], 0x17171717
        pass

; EAX: address of a configuration register. Its value in EAX.
config: mov dx, 0xcf8
        out dx, eax
        mov dx, 0xcfc
        in eax, dx
        ret

; EAX: LBA, BL: count, BH: command
issue:  mov ecx, eax
        mov dx, COMMAND + 2
        mov al, bl
        out dx, al
        mov eax, ecx
        inc dx
        out dx, al
        shr eax, 8
        inc dx
        out dx, al
        shr eax, 8
        inc dx
        out dx, al
        shr eax, 8
        or al, 0xe0
        inc dx
        out dx, al
        mov al, bh
        inc dx
        out dx, al
        ret

; Wait for data; for the end.
ready:  mov dx, COMMAND + 7
.poll:  in al, dx
        test al, 0x80
        jnz .poll
        expect al, 0x58
        ret
ready_idle:
        mov dx, COMMAND + 7
.poll:  in al, dx
        test al, 0x80
        jnz .poll
        expect al, 0x50
        ret

read_sector:
        mov di, BUFFER
        mov cx, 256
        mov dx, COMMAND
        rep insw
        ret

interrupt:
        push ax
        push dx
        inc byte [interrupts]
        mov dx, [master]
        add dx, 2
        in al, dx
        mov [master_status], al
        mov dx, COMMAND + 7
        in al, dx
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop dx
        pop ax
        iret

; READ(10) of CD sector 5. CF: it reported an error.
packet: mov dx, CDROM + 6
        mov al, 0xa0
        out dx, al
        mov dx, CDROM + 1
        xor al, al
        out dx, al
        mov dx, CDROM + 5
        mov al, 2048 >> 8
        out dx, al
        dec dx
        xor al, al
        out dx, al
        mov dx, CDROM + 7
        mov al, 0xa0
        out dx, al
        call .ready
        expect al, 0x58
        mov si, read10
        mov cx, 6
        mov dx, CDROM
        rep outsw
        call .ready
        test al, 1
        jnz .error
        expect al, 0x58
        mov di, BUFFER
        mov cx, 1024
        mov dx, CDROM
        rep insw
        call .ready
        expect al, 0x50
        clc
        ret
.error: stc
        ret
.ready: mov dx, CDROM + 7
.poll:  in al, dx
        test al, 0x80
        jnz .poll
        ret

read10: db 0x28, 0, 0, 0, 0, 5, 0, 0, 1, 0, 0, 0
master: dw 0
master_status: db 0
interrupts: db 0
