bits 16
; procedures, contexts, structures and sections
org 100h
struc node
  .next: resw 1
  .val:  resd 1
  .name: resb 8
endstruc
%macro prologue 0-1 0
  %push proc
  %assign %$args 4
  push bp
  mov bp, sp
  %if %1
  sub sp, %1
  %endif
%endmacro
%macro arg 1
  %define %1 bp+%$args
  %assign %$args %$args+2
%endmacro
%macro epilogue 0
  mov sp, bp
  pop bp
  ret
  %pop
%endmacro
%macro IF 3
  %push if
  cmp %1, %3
  j%-2 %$ifnot
%endmacro
%macro ELSE 0
  %ifctx if
    %repl else
    jmp %$ifend
    %$ifnot:
  %else
    %error "expected IF"
  %endif
%endmacro
%macro ENDIF 0
  %ifctx if
    %$ifnot:
    %pop
  %elifctx else
    %$ifend:
    %pop
  %endif
%endmacro
section .text
main:
  mov si, list
  mov cx, [si+node.val]
  mov eax, [si+node.val]
  IF ax, e, 5
    inc ax
    IF bx, b, 6
      dec ax
    ELSE
      nop
    ENDIF
  ELSE
    times 130 nop
  ENDIF
  call f
  jmp main
f:
  prologue 10
  arg first
  arg second
  mov ax, [first]
  add ax, [second]
  mov [bp-2], ax
  epilogue
g: prologue
   epilogue
%macro dispatch 1-*
  %assign %%n 0
  %rep %0
    cmp al, %%n
    je %1
    %assign %%n %%n+1
    %rotate 1
  %endrep
%endmacro
  dispatch main, f, g, .x
.x:
  mov ax, buf
  mov di, bss2
  jmp far [cs:ptr]
  mov word [es:di+2], list
  lea si, [bx+di+list-main]
  cmp byte [si+node.name], 'a'
  mov ax, 'ab'
section .data
list: istruc node
  at node.next, dw 0
  at node.val, dd 12345678h
  at node.name, db 'n1'
iend
ptr: dw 0, 0xffff
section .bss
buf: resb 100
bss2: resw 2
alignb 16
last:
section .data
  dw last - buf, node_size
