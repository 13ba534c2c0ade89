; Every kind of line that NASM knows, for the grammar's test.
%include "lib.inc"
%define PORT 0x60
%macro outb 2-3 default
    mov al, %2 ; %1 in a comment
    out %1, al
  %%again:
    loop %%again
%endmacro
%ifdef DEBUG
%elifnidn a, b
%else
%endif
[bits 32]
bits 16
org 7C00h
section .text align=16
global start, _main
cpu 386
extern printf

start:
.local: cli
again   lodsb
bare
    popfd
    PUSHF
    mov eax, cr0
    lgdt [cs:gdtr]
    mov dword [ebx+esi*4+table+1], 0FFh
    jnz near .local
    call far [vector]
    int 0x80
    lock cmpxchg [mem], eax
    rep stosd
    fld st1
    movaps xmm0, xmm1
    o32 retf
    vmlaunch
    outb PORT, 1
counter equ 10b
text db "double; not a comment", 'single', `back\n\x41`, 0
floats dq 1.5e3, 0x1p4
numbers dd 0x1F, 1Fh, $1F, 0b1010, 1010b, 17o, 0q17, 100, 1_000d
struc point
  .x resw 1
endstruc
here: dw $ - $$, point_size, __?LINE?__, __FILE__
    times 510-($-$$) db 0
    incbin "data.bin"
    test al, ~(1 << 3) | 2
    mov ax, \
        bx
%comment
  cli
%endcomment
