; Integer loop for measuring interpreter speed: a 32-bit LFSR adds itself into a 4-KiB table, in 32-bit protected mode.
; ITERATIONS turns of 9 or 10 instructions, then power off through port F4h. Runs on QEMU with -device isa-debug-exit,iobase=0xf4.

%ifndef ITERATIONS
%define ITERATIONS 20000000
%endif

        bits 16
        org 0x7c00
        cli
        xor ax, ax
        mov ds, ax
        lgdt [gdt_register]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 0x08:protected

        bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00
        mov eax, 1
        mov ecx, ITERATIONS
        mov edi, 0x10000
turn:
        shr eax, 1
        jnc even
        xor eax, 0xedb88320
even:
        mov edx, eax
        and edx, 0xffc
        add [edi+edx], eax
        mov ebx, [edi+edx]
        add esi, ebx
        dec ecx
        jnz turn

        mov al, 0
        out 0xf4, al
        hlt

        align 8
gdt:            dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_register:   dw 23
                dd gdt

        times 510 - ($ - $$) db 0
        dw 0xaa55
