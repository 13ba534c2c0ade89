%include "puts.inc"
%ifndef D_INC
%error no
%endif
WIDTH equ 80
%define VGA(x,y) (0xb8000 + 2*((y)*WIDTH + (x)))
bits 32
mov dword [VGA(3,4)], 0x07410742
mov word [VGA(0,0)+1], ax
PUTS "hi", 10
%xdefine OLD n
%strlen L 'abcd'
 db L
%macro tbl 2-*
 %define %%name %1
%1:
 %rotate 1
 %rep %0-1
  dd %1
  %rotate 1
 %endrep
%1_len equ ($-%1)/4
%endmacro
tbl T1, 1,2,3
dd T1_len
%if __BITS__ == 32
 db 32
%endif
%ifidni abc , ABC
 db 1
%endif
%ifdef __OUTPUT_FORMAT__
 db 2
%endif
 align 16
foo: dq 1.0, -3.25e10
 dd 3.14159, 1e-10
 dt 2.5
 dw 'a','abc'
 incbin "puts.inc", 3, 5
 times 3 dw foo
 jmp foo
 db "tab	inside", 'quote"s', `\x41\u00e9\t`
