; Virtual-8086 mode with a small monitor: entered by IRET, INT n and IOPL-sensitive instructions fault to it with IOPL 0,
; run with IOPL 3. SDM Vol. 3, 20.2 and 20.3.
; expect: serial "V86 PASS\n"
; expect: exit 0
; expect trap: silent "smsw"
; expect trap: differs

%include "lib/protected.inc"

VM      equ 0x20000

%macro enter_v86 2                      ; label of 16-bit code, EFLAGS
        mov [ring0_esp], esp
        mov dword [ring0_eip], %%back
        push dword 0x4444               ; GS FS DS ES
        push dword 0x3333
        push dword at(v86_data) >> 4
        push dword 0x1111
        push dword 0x0700               ; SS:ESP
        push dword 0x0f00
        push dword VM | (%2)
        push dword 0x0800               ; CS:EIP
        push dword %1 - 0x8000
        iretd
%%back:
%endmacro

main:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        set_gate 13, monitor, 0x8e
        enter_v86 guest_iopl0, 0x002
        expect dword [monitored], 9
        expect esp, STACK
        set_gate 13, stubs + 16 * 13, 0x8e
        set_gate 0x60, service, 0xee
        enter_v86 guest_iopl3, 0x3202
        expect dword [monitored], 10
        mov esi, text
        call print
        pass

text:   db "V86 ", 0

; #GP from virtual-8086 mode: look at the opcode, note it, skip it. Stack: error EIP CS EFLAGS ESP SS ES DS FS GS.
monitor:
        expect dword [ss:esp], 0
        expect esp, RING0_STACK - 40
        push eax
        push ebx
        mov ax, ds                      ; null: the CPU has cleared them
        expect ax, 0
        mov ax, gs
        expect ax, 0
        mov ax, DATA0
        mov ds, ax
        expect dword [esp + 8 + 36], 0x4444
        expect dword [esp + 8 + 32], 0x3333
        expect dword [esp + 8 + 24], 0x1111
        expect dword [esp + 8 + 20], 0x0700
        expect dword [esp + 8 + 8], 0x0800
        test dword [esp + 8 + 12], VM
        expect_flag nz
        movzx ebx, word [esp + 8 + 8]
        shl ebx, 4
        add ebx, [esp + 8 + 4]
        mov al, [ebx]
        mov ebx, [monitored]
        cmp al, [expected_opcodes + ebx]
        expect_flag e
        inc dword [monitored]
        cmp al, 0xf4                    ; HLT: the end
        je .end
        inc dword [esp + 8 + 4]
        cmp al, 0xcd
        je .two
        cmp al, 0xe4
        je .two
        cmp al, 0x0f                    ; CLTS
        je .two
        jmp .next
.two:   inc dword [esp + 8 + 4]
.next:  pop ebx
        pop eax
        add esp, 4
        iretd
.end:   mov ax, DATA0
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov esp, [ring0_esp]
        jmp [ring0_eip]

expected_opcodes:
        db 0xfa, 0xfb, 0x9c, 0x9d, 0xcd, 0xcf, 0xe4, 0x0f, 0xf4

; INT 60h from virtual-8086 mode with IOPL 3, through a gate of DPL 3.
service:
        push eax
        mov ax, DATA0
        mov ds, ax
        inc dword [monitored]
        pop eax
        cmp dx, 0x0e0d
        je .end
        iretd
.end:   mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov esp, [ring0_esp]
        jmp [ring0_eip]

monitored: dd 0

        bits 16
guest_iopl0:
        mov bx, 0x1234
        mov [0], bx                     ; DS: v86_data
        cli
        sti
        pushf
        popf
        int 0x21
        iret
        in al, 0x21
        clts
        mov ax, cs                      ; segments are paragraphs again
        cmp ax, 0x0800
        jne $
        mov ax, 0x1235
        mov es, ax
        mov cx, es
        cmp cx, ax
        jne $
        push es
        pop fs
        call 0x0800:far_v86 - 0x8000
        jmp 0x0801:next_v86 - 0x8010
next_v86:
        mov ax, cs
        cmp ax, 0x0801
        jne $
        jmp 0x0800:last_v86 - 0x8000
last_v86:
        mov ax, 0x1111
        mov es, ax
        mov ax, 0x3333
        mov fs, ax
        hlt
far_v86:
        retf

guest_iopl3:
        cli
        pushf
        pop ax
        and ax, 0x3200
        cmp ax, 0x3000
        jne $
        sti
        pushf
        pop ax
        and ax, 0x3200
        cmp ax, 0x3200
        jne $
        push word 0                     ; IF changes, IOPL does not
        popf
        pushf
        pop ax
        and ax, 0x3200
        cmp ax, 0x3000
        jne $
        push word 0x3200
        push word 0x0800
        push word .after - 0x8000
        iret
.after: pushf
        pop ax
        and ax, 0x3200
        cmp ax, 0x3200
        jne $
        smsw ax
        test al, 1
        jz $
        mov dx, 0x0e0d
        int 0x60
        jmp $
        align 16
v86_data:
        dd 0
        bits 32
