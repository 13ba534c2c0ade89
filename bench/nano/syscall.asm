; A system call and its return: SYSENTER from ring 3, SYSEXIT back.
%include "nano.inc"
bench:  xor edx, edx
        mov ecx, 0x174                  ; SYSENTER_CS
        mov eax, 8
        wrmsr
        mov ecx, 0x175                  ; SYSENTER_ESP
        mov eax, 0x6000
        wrmsr
        mov ecx, 0x176                  ; SYSENTER_EIP
        mov eax, kernel
        wrmsr
        xor eax, eax
        mov edx, user
        mov ecx, 0x5000
        sysexit
kernel: test eax, eax
        jnz finish
        sysexit
user:   mov esi, COUNT
        mov ecx, esp
        mov edx, .back
.next:
%ifndef EMPTY
        sysenter
%endif
.back:  dec esi
        jnz .next
        mov eax, 1
        sysenter
