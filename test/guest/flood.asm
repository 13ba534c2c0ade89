; Sensitive instructions that run directly on bare metal and in a virtual machine of VT-x, many of them: CLI, and MOV from CR0.
; COUNT rounds.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"
%ifndef COUNT
%define COUNT 20
%endif

start:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov ecx, COUNT
again:  cli
        mov eax, cr0
        dec ecx
        jnz again
        pass
