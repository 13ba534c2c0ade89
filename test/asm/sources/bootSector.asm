; boot sector entering protected mode with paging
%define KERNEL 0x10000
%define PTE(addr, flags) ((addr) | (flags))
KERNEL_SEG equ KERNEL >> 4
        org 0x7c00
        bits 16
start:  jmp short real_start
        nop
        db "MSDOS5.0"
        dw 512
        times 40 db 0
real_start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, start
        sti
        mov [boot_drive], dl
        mov si, msg
        call print
        mov ah, 02h
        mov al, SECTORS
        mov ch, 0
        mov dh, 0
        mov cl, 2
        mov bx, KERNEL_SEG
        mov es, bx
        xor bx, bx
        int 13h
        jc .err
        in al, 92h
        or al, 2
        out 92h, al
        cli
        lgdt [gdtr]
        mov eax, cr0
        or eax, 1
        mov cr0, eax
        jmp dword CODE:pm
.err:   mov si, err
        call print
        hlt
        jmp $-1
print:  lodsb
        test al, al
        jz .done
        mov ah, 0x0e
        mov bx, 7
        int 0x10
        jmp print
.done:  ret
%macro descriptor 3 ; base, limit, flags
        dw (%2) & 0xffff, (%1) & 0xffff
        db ((%1) >> 16) & 0xff, (%3) & 0xff, (((%2) >> 16) & 15) | (((%3) >> 4) & 0xf0), (%1) >> 24
%endmacro
        align 8
gdt:    dq 0
CODE    equ $-gdt
        descriptor 0, 0xfffff, 0xc9a
DATA    equ $-gdt
        descriptor 0, 0xfffff, 0xc92
gdt_end:
gdtr:   dw gdt_end-gdt-1
        dd gdt
        bits 32
pm:     mov ax, DATA
        mov ds, ax
        mov es, eax
        mov ss, ax
        mov esp, 0x90000
        mov edi, 0x1000
        mov ecx, 1024
        mov eax, PTE(0, 3)
.fill:  stosd
        add eax, 4096
        loop .fill
        mov dword [0x2000], PTE(0x1000, 3)
        mov eax, 0x2000
        mov cr3, eax
        mov eax, cr0
        or eax, 1 << 31
        mov cr0, eax
        lidt [idtr]
        jmp CODE:KERNEL
%assign i 0
%rep 4
isr %+ i:
  %if i = 2
        push dword 0
  %endif
        push byte i
        jmp shared
%assign i i+1
%endrep
shared: pushad
        mov ebp, esp
        push dword [ebp+32]
        call [table+eax*4]
        add esp, 4
        popad
        iretd
table:
%assign i 0
%rep 4
        dd isr%[i]
%assign i i+1
%endrep
idtr:   dw 0, 0, 0
boot_drive: db 0
msg:    db 'Hello', 13, 10, 0
err:    db `disk error\r\n\0`
SECTORS equ (end - start) / 512 + 1
        times 510-($-$$) db 0
        dw 0xaa55
end:
