; Resets that the guest survives: the shutdown status in CMOS (0Fh) tells the BIOS where to go on. 05h, 0Ah, 0Bh, 0Ch and 09h
; by the keyboard controller's reset line, by port 92h, and by a triple fault in protected mode, as a 286 came back.
; IBM PC/AT Technical Reference, BIOS listing.
; launch: onTripleFault reset
; expect: serial "ABCDE92F\n"
; expect: exit 0
%include "lib/real.inc"

%macro shutdown 2                       ; status, what the BIOS finds at 40:67 (in segment 0)
        mov word [0x467], %2
        mov word [0x469], 0
        mov al, 0x0f
        out 0x70, al
        mov al, %1
        out 0x71, al
%endmacro

%macro reset 0                          ; the keyboard controller pulls the line
        mov al, 0xfe
        out 0x64, al
%%wait: hlt
        jmp %%wait
%endmacro

%macro here 1
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov al, %1
        out 0xe9, al
%endmacro

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        mov dword [0x7000], 0x12345678
        mov al, 0xa5
        out 0x21, al                    ; devices keep what they are told
        shutdown 0x0a, .jumped
        reset
.jumped:
        here 'A'
        shutdown 0x05, .ended
        reset
.ended: here 'B'
        shutdown 0x0b, .frame
        reset
.frame: dw .interrupted, 0, 0x0093      ; IP, CS, FLAGS
.interrupted:
        pushf
        pop bx
        here 'C'
        cmp bl, 0x93
        jne bad
        shutdown 0x0c, .far
        reset
.far:   dw .returned, 0
.returned:
        here 'D'
        shutdown 0x09, .saved
        reset
.saved: dw 0x1111, 0x2222               ; DS, ES
        dw 1, 2, 3, 4, 5, 6, 7, 8       ; DI, SI, BP, SP, BX, DX, CX, AX
        dw .moved, 0, 0x0002
.moved: mov si, ds
        mov bx, ax
        here 'E'
        cmp si, 0x1111
        jne bad
        cmp di, 1
        jne bad
        cmp bx, 8
        jne bad
        cmp sp, 0x7c00
        jne bad
        shutdown 0x0a, .fast
        in al, 0x92
        or al, 1
        out 0x92, al
.wait:  hlt
        jmp .wait
.fast:  here '9'
        in al, 0x21
        cmp al, 0xa5
        jne bad
        cmp dword [0x7000], 0x12345678
        jne bad
        mov al, 0x0f
        out 0x70, al
        in al, 0x71                     ; served once
        add al, '2'
        out 0xe9, al
        shutdown 0x0a, .back
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 0x08:.protected
.protected:
        lidt [nothing]
        int3
.back:  here 'F'
        mov al, 10
        out 0xe9, al
        xor al, al
        out 0xf4, al
bad:    mov al, '!'
        out 0xe9, al
        mov al, 1
        out 0xf4, al

gdt:    dq 0
        dw 0xffff, 0, 0x9a00, 0         ; 16-bit code
gdtr:   dw 15
        dd gdt
nothing: dw 0
        dd 0
