; To protected mode and back, 16-bit protected mode, unreal mode, the A20 gate. SDM Vol. 3, 9.9 and 20.1.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov sp, 0x7c00
        mov cx, 3
.again: push cx
        call round_trip
        pop cx
        loop .again
        expect word [trips], 3

        ; unreal mode: a segment keeps the limit it got in protected mode
        lgdt [gdt_register]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 0x10
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        xor bx, bx
        mov fs, bx
        mov edi, 0x150000
        mov dword [fs:edi], 0x12345678
        expect dword [fs:edi], 0x12345678
        mov esi, 0x0f0000
        mov byte [fs:esi], 0            ; ROM: nothing happens

        ; interrupts work in it, and a BIOS service too
        mov ax, 0x0e2e
        xor bx, bx
        int 0x10
        expect dword [fs:edi], 0x12345678

        ; A20 closed: bit 20 of every address is zero
        mov edi, 0x100500
        mov dword [0x500], 0x600d600d
        mov dword [fs:edi], 0xbad
        expect dword [0x500], 0x600d600d
        in al, 0x92
        and al, 0xfd
        out 0x92, al
        expect dword [fs:edi], 0x600d600d
        mov dword [fs:edi], 0xaaaa
        expect dword [0x500], 0xaaaa
        mov ax, 0xffff
        mov es, ax
        expect dword [es:0x510], 0xaaaa
        in al, 0x92
        or al, 2
        out 0x92, al
        expect dword [fs:edi], 0xbad
        expect dword [es:0x510], 0xbad
        xor ax, ax
        mov es, ax

        ; back to a segment of 64 KiB
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 0x20
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        xor bx, bx
        mov fs, bx
        pass

; LMSW into protected mode, 32-bit code and stack, 16-bit code, and out of it by MOV CR0.
round_trip:
        lgdt [gdt_register]
        mov ax, 1
        lmsw ax
        jmp 0x08:.protected
        bits 32
.protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        movzx esp, sp
        push dword 0x11223344
        pop dword [0x100000]
        inc word [trips]
        jmp 0x18:.narrow
        bits 16
.narrow:
        mov ax, 0x20
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov eax, cr0
        and eax, ~1
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        ret

trips:  dw 0
        align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff           ; 08h: 32-bit code
        dq 0x00cf92000000ffff           ; 10h: 32-bit data, 4 GiB
        dq 0x00009a000000ffff           ; 18h: 16-bit code
        dq 0x000092000000ffff           ; 20h: 16-bit data, 64 KiB
gdt_register:
        dw gdt_register - gdt - 1
        dd gdt
