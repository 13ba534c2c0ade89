; TR6 and TR7, the TLB test registers of the 386 and 486: what is written can be read; the P6 has none (#UD there).
; Intel 386 DX Programmer's Reference, 10.6.
; launch: cpu 486
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov eax, 0x12345000
        mov tr7, eax
        xor eax, eax
        mov eax, tr7
        and eax, 0xfffff000
        expect eax, 0x12345000
        pass
