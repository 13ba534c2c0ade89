; Looking at descriptors: LAR, LSL, VERR, VERW, ARPL; the LDT. SDM Vol. 3, 5.10 and 2.4.2.
; Under trap-and-emulate they show the VMM's descriptors: everything has DPL 3.
; expect: serial "PASS\n"
; expect: exit 0
; expect trap: serial "FAIL in descriptors.asm:36 \n"
; expect trap: exit 1
; expect trap: silent "lar"
; expect trap: differs

%macro extra_descriptors 0
        descriptor 0x1234, 0x7f, 0x93, 4                ; 30h: data
        descriptor 0, 0xfffff, 0x99, 12                 ; 38h: execute-only
        descriptor 0, 0xfffff, 0x9f, 12                 ; 40h: conforming code
        descriptor 0, 0xfffff, 0xf1, 12                 ; 48h: read-only data, DPL 3
        descriptor at(ldt), 15, 0x82, 0                 ; 50h: LDT
        gate CODE0, 0, 0x8c, 0                          ; 58h: call gate
        gate CODE0, 0, 0x8e, 0                          ; 60h: an interrupt gate, which does not belong here
        descriptor 0, 0xfffff, 0x12, 12                 ; 68h: not present
%endmacro
%include "lib/protected.inc"

%macro invisible 2                      ; instruction, selector: ZF = 0, register unchanged
        mov ecx, %2
        mov eax, 0x5a5a5a5a
        %1 eax, ecx
        expect_flag nz
        expect eax, 0x5a5a5a5a
%endmacro

main:
        mov ecx, 0x30
        xor eax, eax
        lar eax, ecx
        expect_flag z
        and eax, 0xf0ff00
        expect eax, 0x409300
        mov eax, -1
        lar ax, cx
        expect eax, 0xffff9300
        lsl eax, ecx
        expect_flag z
        expect eax, 0x7f
        mov ecx, DATA0
        lsl eax, ecx
        expect eax, 0xffffffff
        mov ecx, TSS
        lsl eax, ecx
        expect_flag z
        expect eax, 103
        lar eax, ecx
        and eax, 0xff00
        expect eax, 0x8b00              ; busy
        mov ecx, 0x58
        lar eax, ecx
        expect_flag z
        mov ecx, 0x68
        lar eax, ecx                    ; not present is no obstacle
        expect_flag z
        invisible lsl, 0x58
        invisible lar, 0x60
        invisible lsl, 0x60
        invisible lar, 0
        invisible lar, 0x1000
        invisible lar, 0x54             ; LDT: there is none
        invisible lar, 0x33             ; RPL 3, DPL 0
        mov ecx, 0x43
        lar eax, ecx                    ; conforming code: whatever the RPL
        expect_flag z

        mov ecx, 0x30
        verr cx
        expect_flag z
        verw cx
        expect_flag z
        mov ecx, 0x38
        verr cx
        expect_flag nz
        verw cx
        expect_flag nz
        mov ecx, 0x40
        verr cx
        expect_flag z
        mov ecx, 0x48
        verr cx
        expect_flag z
        verw cx
        expect_flag nz
        mov ecx, TSS
        verr cx
        expect_flag nz

        mov eax, 0x30
        mov ecx, 2
        arpl ax, cx
        expect_flag z
        expect eax, 0x32
        arpl ax, cx
        expect_flag nz

        ; the LDT
        sldt ax
        expect ax, 0
        mov ax, 0x30
        expect_fault 13, 0x30, lldt ax
        mov ax, 0x54
        expect_fault 13, 0x54, lldt ax
        mov ax, 0x68
        expect_fault 13, 0x68, ltr ax
        mov ax, TSS
        expect_fault 13, TSS, ltr ax    ; busy
        mov ax, 0x50
        lldt ax
        sldt ax
        expect ax, 0x50
        str ax
        expect ax, TSS
        mov ax, 4
        mov fs, ax
        mov eax, [fs:0]
        expect eax, [gdt]
        mov ax, 0x14
        expect_fault 13, 0x14, mov fs, ax       ; beyond its limit
        mov ax, 0xc + 3
        mov fs, ax
        xor ax, ax
        lldt ax
        mov ax, 4
        expect_fault 13, 4, mov fs, ax
        mov eax, [fs:0]                 ; the hidden part stays
        call_ring3 user
        pass

user:
        mov ax, DATA3
        mov ds, ax
        invisible lar, 0x30
        invisible lsl, DATA0
        invisible lar, TSS
        mov ecx, 0x40
        lar eax, ecx
        expect_flag z
        verr cx
        expect_flag z
        mov ecx, DATA0
        verr cx
        expect_flag nz
        mov ecx, 0x48
        verr cx
        expect_flag z
        leave_ring3

        align 8
ldt:    descriptor at(gdt), 0xff, 0x92, 4
        descriptor 0, 0xfffff, 0xf2, 12
