bits 32
%macro chain 2
%assign n 0
%rep %1
 %assign t (n*7+13) % %1
 %define here %2 %+ n
 %define there %2 %+ t
here: add eax, [there]
 jz there
 jmp there
 push dword (there - here)
 mov ecx, [ebx + there - here]
 cmp byte [esi+edi*2], (there - here) & 0x7f
 %assign n n+1
%endrep
%endmacro
chain 40, aa
chain 100, bb
bits 16
chain 33, cc
