; Exceptions of protected mode: vector, error code, saved EIP, and that the instruction can be restarted.
; SDM Vol. 3, 6.4 to 6.13 and the descriptions in 6.15.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        descriptor 0, 0xfffff, 0x12, 12         ; 30h: data, not present
        descriptor 0, 0xfffff, 0x1a, 12         ; 38h: code, not present
        descriptor 0x10000, 0xff, 0x92, 4       ; 40h: data, 256 bytes
        descriptor 0x10000, 0xff, 0x96, 4       ; 48h: expand-down: 100h and up
        descriptor 0x10000, 0xff, 0x90, 4       ; 50h: read-only data
        descriptor 0, 0xfffff, 0x98, 12         ; 58h: execute-only code
        descriptor 0x10000, 0xff, 0x9a, 4       ; 60h: code, 256 bytes
        descriptor 0x10000, 0xff, 0x96, 0       ; 68h: expand-down, 16-bit: up to FFFFh
%endmacro
%include "lib/protected.inc"

main:
        ; #DE: division by zero, and a quotient that does not fit
        xor ecx, ecx
        mov eax, 5
        xor edx, edx
        expect_fault 0, 0, div ecx
        mov cl, 1
        mov ax, 0x100
        expect_fault 0, 0, div cl
        expect ax, 0x100
        mov eax, 0x80000000
        mov edx, -1
        mov ecx, -1
        expect_fault 0, 0, idiv ecx
        expect_fault 0, 0, aam 0

        ; #BP and #OF are traps: the saved EIP is behind them
        expect_trap 3, int3
        mov al, 0x7f
        add al, 1
        expect_trap 4, into
        xor al, al
        into                            ; OF is clear: nothing

        ; #BR
        mov eax, 7
        expect_fault 5, 0, bound eax, [bounds]
        mov eax, -2
        bound eax, [bounds]
        mov eax, 6
        bound eax, [bounds]

        ; #UD
        expect_fault 6, 0, ud2
        expect_fault 6, 0, db 0x0f, 0xff
        expect_fault 6, 0, db 0x8e, 0xc8        ; mov cs, ax
        expect_fault 6, 0, db 0xf0, 0x90        ; lock nop
        expect_fault 6, 0, db 0xf0, 0x03, 0x00  ; lock add eax, [eax]
        expect_fault 6, 0, db 0x8d, 0xc0        ; lea eax, eax
        expect_fault 6, 0, db 0xc5, 0xc0        ; lds with a register

        ; #NP, #GP, #SS on loading a segment; the register keeps its value
        mov ax, 0x30
        expect_fault 11, 0x30, mov ds, ax
        mov ax, 0x32
        expect_fault 13, 0x30, mov es, ax       ; RPL > DPL comes first; the RPL is not part of the error code
        mov ax, 0x30
        expect_fault 12, 0x30, mov ss, ax
        expect_fault 11, 0x38, jmp 0x38:0
        expect_fault 11, 0x38, call 0x38:0
        xor ax, ax
        expect_fault 13, 0, mov ss, ax
        mov ax, 0x1000
        expect_fault 13, 0x1000, mov fs, ax     ; beyond the table
        mov ax, 0x14
        expect_fault 13, 0x14, mov fs, ax       ; LDT: there is none
        mov ax, 0x50
        expect_fault 13, 0x50, mov ss, ax       ; not writable
        mov ax, CODE0
        expect_fault 13, CODE0, mov ss, ax
        mov ax, 0x58
        expect_fault 13, 0x58, mov gs, ax       ; execute-only
        mov ax, TSS
        expect_fault 13, TSS, mov gs, ax
        expect_fault 13, DATA0, jmp DATA0:0
        expect_fault 13, 0, jmp 0:0
        expect_fault 13, CODE3 & ~3, jmp CODE3:0
        mov ax, ds
        expect ax, DATA0

        ; null selectors load, and fault when used
        xor eax, eax
        mov fs, ax
        mov ax, 3
        mov gs, ax
        mov ecx, STACK
        expect_fault 13, 0, mov al, [fs:ecx]
        expect_fault 13, 0, mov [gs:ecx], al

        ; limits
        mov ax, 0x40
        mov fs, ax
        mov ecx, 0xff
        mov al, [fs:ecx]
        expect_fault 13, 0, mov ax, [fs:ecx]
        expect_fault 13, 0, mov [fs:ecx - 1], eax
        expect_fault 13, 0, inc dword [fs:ecx]
        mov ax, [fs:ecx - 1]
        expect_fault 13, 0, mov al, [fs:-1]

        ; expand-down: offsets above the limit
        mov ax, 0x48
        mov fs, ax
        expect_fault 13, 0, mov al, [fs:ecx]
        expect_fault 13, 0, mov ax, [fs:ecx]
        mov al, [fs:ecx + 1]
        mov al, [fs:ecx + 0x10000]
        mov ax, 0x68
        mov fs, ax
        mov al, [fs:0xffff]
        expect_fault 13, 0, mov ax, [fs:0xffff]
        expect_fault 13, 0, mov al, [fs:0x10000]
        expect_fault 13, 0, mov al, [fs:0xff]

        ; writing what is not writable, reading what is not readable
        mov ax, 0x50
        mov fs, ax
        mov al, [fs:0]
        expect_fault 13, 0, mov [fs:0], al
        expect_fault 13, 0, xchg [fs:0], al
        expect_fault 13, 0, mov [cs:ecx], al
        mov al, [cs:ecx]

        ; #SS through SS: the error code is 0
        mov ax, 0x40
        mov edx, esp
        mov ebx, 0xfd
        mov ss, ax
        mov esp, ebx
        mov ecx, [esp - 1]
        mov ax, DATA0
        mov ss, ax
        mov esp, edx

        ; near transfers beyond the limit of CS
        mov byte [0x10000], 0xe9                ; jmp rel32: far beyond
        mov dword [0x10001], 0x1000
        mov byte [0x10010], 0xcb                ; retf
        push dword CODE0
        push dword .back
        jmp 0x60:0x10
.back:

        ; a fault in the middle of a repeated instruction keeps what is done: 3 bytes fit
        mov ax, 0x40
        mov es, ax
        mov edi, 0xfd
        mov ecx, 5
        mov al, 0x5a
        cld
        expect_fault 13, 0, rep stosb
        expect ecx, 2
        expect edi, 0x100
        expect byte [0x100ff], 0x5a
        mov ax, DATA0
        mov es, ax

        ; flags in the frame: RF is set for faults, IF and TF as they were
        expect_fault 6, 0, ud2
        test dword [fault_flags], 0x10200
        expect_flag nz
        expect dword [fault_cs], CODE0

        ; INT n through a gate that is not there, of the wrong type, beyond the IDT
        expect_fault 13, 0x40 * 8 + 2, int 0x40
        set_gate 0x41, stubs, 0x92
        expect_fault 13, 0x41 * 8 + 2, int 0x41
        set_gate 0x42, stubs, 0x0e      ; not present
        expect_fault 11, 0x42 * 8 + 2, int 0x42
        set_gate 0x43, stubs, 0x8e
        mov word [idt + 8 * 0x43 + 2], 0
        expect_fault 13, 0, int 0x43
        mov word [idt + 8 * 0x43 + 2], 0x38
        expect_fault 11, 0x38, int 0x43
        mov word [idt + 8 * 0x43 + 2], DATA0
        expect_fault 13, DATA0, int 0x43
        mov word [idt + 8 * 0x43 + 2], 0x60
        mov dword [idt + 8 * 0x43 + 0], 0x00600100
        expect_fault 13, 0, int 0x43
        mov word [idt_register], 0x43 * 8 + 6
        lidt [idt_register]
        expect_fault 13, 0x43 * 8 + 2, int 0x43
        mov word [idt_register], 256 * 8 - 1
        lidt [idt_register]

        ; a trap gate leaves IF, an interrupt gate clears it
        set_gate 0x50, .flags, 0x8f
        set_gate 0x51, .flags, 0x8e
        call .mask_pic
        sti
        int 0x50
        test dword [flags_inside], 0x200
        expect_flag nz
        int 0x51
        test dword [flags_inside], 0x200
        expect_flag z
        cli
        pass

.mask_pic:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        ret

        ; The frame's copy of EFLAGS cannot say what the flags are inside; a nested interrupt's can.
.flags: set_gate 0x52, .nested, 0x8e
        int 0x52
        iretd
.nested:
        push eax
        mov eax, [esp + 12]
        mov [flags_inside], eax
        pop eax
        iretd

flags_inside:   dd 0
bounds:         dd -2, 6
