; Rings: call gates with parameters, stack switch by the TSS, conforming code, returns outward, segments lost on the way.
; SDM Vol. 3, 5.8; the stack layouts are figures 5-13 and 6-4.
; expect: serial "PASS\n"
; expect: exit 0

%macro extra_descriptors 0
        gate CODE0, at(gate_target), 0xec, 2            ; 30h: 32-bit call gate, DPL 3, two parameters
        gate CODE0, at(gate_target), 0x8c, 0            ; 38h: DPL 0
        gate CODE0, at(gate_target), 0x6c, 0            ; 40h: not present, DPL 3
        descriptor 0, 0xfffff, 0x9e, 12                 ; 48h: conforming code, DPL 0
        descriptor 0, 0xfffff, 0xba, 12                 ; 50h: code, DPL 1
        descriptor 0, 0xfffff, 0xb2, 12                 ; 58h: data, DPL 1
        gate 0x50, at(ring1_target), 0xec, 0            ; 60h: gate to ring 1
        gate DATA0, 0, 0xec, 0                          ; 68h: gate to data
        gate 0, 0, 0xec, 0                              ; 70h: gate to nothing
        gate CODE0, at(gate16_target), 0xe4, 1          ; 78h: 16-bit call gate
        descriptor 0, 0xffff, 0x92, 0                   ; 80h: 16-bit data, DPL 0
        gate CODE0, at(same_ring), 0x8c, 0              ; 88h
        gate 0x48, at(conforming_target), 0xec, 0       ; 90h: gate to conforming code
%endmacro
%include "lib/protected.inc"

main:
        mov dword [tss + 12], RING0_STACK - 0x200
        mov dword [tss + 16], 0x58 + 1
        set_gate 0x60, interrupted, 0xee
        call 0x88:0                     ; a gate to the same ring switches no stack
        expect ecx, 0x5a3e
        expect esp, STACK
        mov ax, DATA0
        mov fs, ax
        mov ax, DATA3
        mov gs, ax
        call_ring3 user, 0x202
        expect esp, STACK
        pass

same_ring:
        expect esp, STACK - 8
        expect dword [esp + 4], CODE0
        mov ecx, 0x5a3e
        retf

user:
        mov ax, fs                      ; DPL 0 data is lost on the way out, DPL 3 data stays
        expect ax, 0
        mov ax, gs
        expect ax, DATA3
        mov ax, ds
        expect ax, 0
        mov ax, DATA3
        mov ds, ax
        mov ax, ss
        expect ax, DATA3
        mov ax, cs
        expect ax, CODE3
        expect esp, RING3_STACK

        ; loading what belongs to ring 0
        mov ax, DATA0
        expect_fault 13, DATA0, mov es, ax
        mov ax, DATA0 + 3
        expect_fault 13, DATA0, mov es, ax
        expect_fault 13, DATA0, mov ss, ax
        mov ax, DATA3 & ~3              ; RPL must be 3 for SS
        expect_fault 13, DATA3 & ~3, mov ss, ax
        mov es, ax                      ; but not for the others
        mov ax, 0x48                    ; conforming code is readable from everywhere
        mov es, ax
        expect_fault 13, CODE0, jmp CODE0:0
        expect_fault 13, CODE0, call CODE0:0

        ; the kernel's memory is reachable here (no paging), its IDT is not changed by that
        mov ax, DATA3
        mov es, ax

        ; call gates
        expect_fault 13, 0x38, call 0x38:0
        expect_fault 11, 0x40, call 0x40:0
        expect_fault 13, DATA0, call 0x68:0
        expect_fault 13, 0, call 0x70:0
        expect_fault 13, 0x1000, call 0x1003:0
        expect_fault 13, CODE0, jmp 0x30:0      ; JMP does not change the ring
        push dword 0x11111111
        push dword 0x22222222
        call 0x33:0xdeadbeef            ; the offset does not count
.returned:
        expect esp, RING3_STACK         ; RETF 8 released the parameters on both stacks
        expect ecx, 0x33333333
        mov ax, ds
        expect ax, DATA3
        mov ax, ss
        expect ax, DATA3

        ; 16-bit gate: 16-bit pushes
        push word 0x7777
        call 0x7b:0
        expect esp, RING3_STACK
        expect ecx, 0x7777

        ; to ring 1, and from there outward again
        call 0x63:0
        expect ecx, 1
        expect esp, RING3_STACK

        ; conforming code keeps CPL 3
        call 0x48:conforming
        expect ecx, 0x48 + 3
        call 0x93:0
        expect ecx, 0x48 + 3

        ; IRET within the ring, and never inward
        push dword 0x202
        push dword CODE3
        push dword .same
        iretd
.same:  pushfd
        push dword CODE0
        push dword .same
        expect_fault 13, CODE0, iretd
        add esp, 12
        push dword CODE0
        push dword .same
        expect_fault 13, CODE0, retf
        add esp, 8

        ; INT to ring 0: SS, ESP, EFLAGS, CS, EIP on the TSS's stack
        int 0x60
        expect ecx, RING0_STACK - 20
        leave_ring3

gate_target:                            ; EIP CS parameter parameter ESP SS
        expect esp, RING0_STACK - 24
        expect dword [esp], user.returned
        expect dword [esp + 4], CODE3
        expect dword [esp + 8], 0x22222222
        expect dword [esp + 12], 0x11111111
        expect dword [esp + 16], RING3_STACK - 8
        expect dword [esp + 20], DATA3
        mov ecx, [esp + 8]
        add ecx, [esp + 12]
        retf 8

gate16_target:
        expect esp, RING0_STACK - 10
        expect word [esp + 2], CODE3
        movzx ecx, word [esp + 4]
        expect word [esp + 6], RING3_STACK - 2
        expect word [esp + 8], DATA3
        o16 retf 2

ring1_target:
        expect esp, RING0_STACK - 0x200 - 16
        mov ecx, 1
        retf

conforming_target:
conforming:
        mov ecx, cs
        retf

interrupted:
        mov ecx, esp
        expect dword [ss:esp + 16], DATA3
        expect dword [ss:esp + 12], RING3_STACK
        expect dword [ss:esp + 4], CODE3
        iretd
