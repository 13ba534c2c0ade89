; A CD that boots without emulation ("El Torito" 1.0): this is the ISO image itself. The boot image lies in the system area,
; sector 0, and reads the rest through INT 13h AH=41h, 42h, 43h, 48h and 4Bh. A sector has 2048 bytes.
; expect: serial "sector 20\nPASS\n"
; expect: exit 0
%include "lib/real.inc"

SECTOR  equ 2048
BUFFER  equ 0x9000
CATALOG equ 19
MESSAGE equ 20
SECTORS equ 24

start:
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        mov [drive], dl
        expect dl, 0xe0

        mov ah, 0x41
        mov bx, 0x55aa
        int 0x13
        expect_flag nc
        expect bx, 0xaa55
        mov ah, 0x42
        call on_packet
        expect_flag nc
        mov si, BUFFER
        call print
        mov ah, 0x43                    ; a CD is not written
        call on_packet
        expect_flag c
        expect ah, 3
        mov dword [packet + 8], SECTORS ; there is no such sector
        mov word [packet + 2], 1
        mov ah, 0x42
        call on_packet
        expect_flag c
        expect ah, 4

        mov word [BUFFER], 26
        mov si, BUFFER
        mov ah, 0x48
        mov dl, [drive]
        int 0x13
        expect_flag nc
        expect dword [BUFFER + 16], SECTORS
        expect word [BUFFER + 24], SECTOR
        mov ax, 0x4b01
        mov dl, [drive]
        int 0x13
        expect_flag nc
        expect byte [BUFFER], 0x13
        expect byte [BUFFER + 2], 0xe0
        expect dword [BUFFER + 4], 0
        pass

on_packet:
        mov si, packet
        mov dl, [drive]
        int 0x13
        ret

packet: db 16, 0
        dw 1, BUFFER, 0
        dq MESSAGE
drive:  db 0

%macro sector 1
        times %1 * SECTOR - ($ - $$) db 0
%endmacro

sector 16
        db 1, "CD001", 1, 0
sector 17
        db 0, "CD001", 1, "EL TORITO SPECIFICATION"
        times 17 * SECTOR + 0x47 - ($ - $$) db 0
        dd CATALOG
sector 18
        db 255, "CD001", 1
sector CATALOG
        db 1, 0
        times 26 db 0
        dw 0x55aa, 0xaa55               ; the checksum makes the words' sum 0
        db 0x88, 0
        dw 0
        db 0, 0
        dw 4
        dd 0
sector MESSAGE
        db "sector 20", 10, 0
sector SECTORS
