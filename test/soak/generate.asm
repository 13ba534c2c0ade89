; A guest that generates code for ever: one function after the other, in one of 60 000 places above 1 MiB, called, one in sixteen until it
; is hot, and once more after 32 others. A function is a loop of up to 32 arithmetic instructions with random operands; what stood there
; is gone.
org 7C00h
bits 16
  cli
  xor ax, ax
  mov ds, ax
  in al, 92h
  or al, 2
  out 92h, al
  lgdt [gdtr]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  jmp dword 8:start

bits 32
start:
  mov ax, 10h
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov esp, 7C00h
  cld
  mov edi, latest
  mov ecx, 32
  mov eax, nothing
  rep stosd
next:
  call random
  movzx edi, ax
  cmp edi, 60000
  jae next
  shl edi, 8
  add edi, 100000h
  mov esi, edi
  mov al, 0B9h ; mov ecx, …
  stosb
  mov eax, 600
  test byte [functions], 0Fh
  jnz .cold
  mov eax, 40000
.cold:
  stosd
  mov ebp, edi
  call random
  and eax, 1Fh
  lea ecx, [eax + 1]
.instruction:
  call random
  and eax, 7
  mov al, [operations + eax] ; eax, imm32
  stosb
  call random
  stosd
  loop .instruction
  mov eax, 850F49h ; dec ecx; jnz
  stosd
  dec edi
  lea eax, [ebp - 4]
  sub eax, edi
  stosd
  mov al, 0C3h
  stosb
  call esi
  inc dword [functions]
  mov ebx, [functions]
  and ebx, 1Fh
  xchg esi, [latest + 4 * ebx]
  call esi
  jmp next

; EAX: the next number of a linear congruential generator, its better half below.
random:
  imul eax, [seed], 1664525
  add eax, 1013904223
  mov [seed], eax
  rol eax, 16
nothing:
  ret

; ADD, OR, ADC, SBB, AND, SUB, XOR, CMP with EAX
operations: db 05h, 0Dh, 15h, 1Dh, 25h, 2Dh, 35h, 3Dh
align 4
seed: dd 1
functions: dd 0
gdt:
  dq 0
  dq 00CF9A000000FFFFh
  dq 00CF92000000FFFFh
gdtr:
  dw 23
  dd gdt
  times 510 - ($ - $$) db 0
  dw 0AA55h
latest equ 8000h
