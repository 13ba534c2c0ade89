; The I/O permission bitmap of a 32-bit TSS. SDM Vol. 1, 19.5.2: every bit of the access must be clear; two bytes are read,
; beyond the limit of the TSS is denied.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor at(own_tss), 104 + 32, 0x89, 0       ; 30h
%endmacro
%include "lib/protected.inc"

main:
        mov ax, 0x30
        ltr ax
        call_ring3 user
        pass

user:
        mov ax, DATA3
        mov ds, ax
        mov al, 0
        out 0x80, al                    ; 80h is open, 81h is not
        expect_fault 13, 0, out 0x81, al
        expect_fault 13, 0, out 0x80, ax
        in al, 0x21                     ; 20h..23h are open
        in ax, 0x20
        expect_fault 13, 0, in eax, 0x21
        in eax, 0x20
        mov dx, 0x70
        expect_fault 13, 0, in al, dx
        mov dx, 0xff            ; the last port of the map: the byte behind is read too
        in al, dx
        mov dx, 0x100
        expect_fault 13, 0, in al, dx
        mov dx, 0xffff
        expect_fault 13, 0, in al, dx
        leave_ring3

        align 4
own_tss:
        dd 0, RING0_STACK, DATA0
        times 100 - ($ - own_tss) db 0
        dd 104 << 16
        times 4 db 0xff
        db 0xf0                         ; 20h..23h
        times 11 db 0xff
        db 0xfe                         ; 80h
        times 14 db 0xff
        db 0x7f                         ; FFh
        db 0xff                         ; the byte that ends the map
