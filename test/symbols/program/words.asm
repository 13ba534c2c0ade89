; Assembly with nasm's own debugging information, beside variables.c's linker script.
bits 32
section .multiboot align=4
  dd 0x1BADB002, 0, -0x1BADB002
section .text
global start
start:
  mov esp, stack_top
  mov eax, [first]
  call double_it
  mov [second], eax
  mov al, 0
  out 0xf4, al
.spin:
  jmp .spin
double_it:
  push ebx
  mov ebx, eax
  add eax, ebx
  pop ebx
  ret
section .data
first: dd 21
second: dd 0
section .bss
  resb 1024
stack_top:
