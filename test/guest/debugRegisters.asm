; The debug registers: instruction, data and I/O breakpoints, RF, general detection, DR4 and DR5, single steps beside them and
; on branches, INT1 and INT3. SDM Vol. 3, 17.2 to 17.4; 6.8.3 (MOV SS holds them off).
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

B0      equ 1
B1      equ 2
B2      equ 4
B3      equ 8
BD      equ 0x2000
BS      equ 0x4000
RF      equ 0x10000
WRITE   equ 1
IO      equ 2
ACCESS  equ 3

; DRn := address, enabled by Ln; R/W and LEN as given. The others stay.
%macro watch 4                          ; n, address, R/W, LEN
        mov eax, %2
        mov dr%1, eax
        mov eax, dr7
        and eax, ~((15 << (16 + 4 * %1)) | (3 << (2 * %1)))
        or eax, ((%3 | (%4 << 2)) << (16 + 4 * %1)) | (1 << (2 * %1))
        mov dr7, eax
%endmacro

%macro no_breakpoints 0
        xor eax, eax
        mov dr7, eax
%endmacro

; The oldest debug exception not yet looked at: saved EIP, causes, RF in the saved EFLAGS.
%macro expect_debug 3
        mov esi, [looked]
        expect dword [trail + esi], %1
        expect dword [trail + esi + 4], %2
        expect dword [trail + esi + 8], %3
        add dword [looked], 12
%endmacro

%macro expect_no_more 0
        mov esi, [looked]
        expect esi, [noted]
%endmacro

%macro trap_flag 1                      ; 0 or 1
        push dword 2 | (%1 << 8)
        popfd
%endmacro

main:
        ; bits that are always one, always zero
        xor eax, eax
        mov dr6, eax
        mov dr7, eax
        mov eax, dr6
        expect eax, 0xffff0ff0
        mov eax, dr7
        expect eax, 0x400
        mov eax, 0xffffdfff             ; all but GD
        mov dr6, eax
        mov ecx, dr6
        expect ecx, 0xffffcfff
        mov dr4, ebp                    ; DR4 is DR6
        mov dr6, ebp
        mov ecx, dr4
        mov edx, dr6
        expect ecx, edx
        mov eax, cr4
        or al, 8                        ; DE: DR4 and DR5 do not exist
        mov cr4, eax
        expect_fault 6, 0, mov eax, dr4
        expect_fault 6, 0, mov dr5, eax
        and al, ~8
        mov cr4, eax
        set_gate 1, note, 0x8e
        mov eax, 0xffff0ff0
        mov dr6, eax

        ; instruction breakpoints are faults; RF, which the handler sets, lets the instruction pass
        watch 0, .here, 0, 0
        watch 2, .here, 0, 0
        xor edi, edi
.here:  inc edi
        expect edi, 1
        expect_debug .here, B0 | B2, 0
        mov ecx, 3
.loop:  inc edi                         ; RF lasts for one instruction
        nop
        watch 0, .loop, 0, 0
        loop .loop
        expect_debug .loop, B0, 0
        expect_debug .loop, B0, 0
        mov ax, DATA0
        watch 0, .after_ss, 0, 0
        watch 2, .after_lss, 0, 0
        mov ax, DATA0
        mov ss, ax
.after_ss: nop                          ; held off
        lss esp, [stack_pointer]
.after_lss: nop                         ; not held off
        expect_debug .after_lss, B2, 0
        expect_no_more
        no_breakpoints

        ; data breakpoints are traps: by length, by direction, any overlap
        watch 1, var + 2, WRITE, 3      ; aligned down: the whole doubleword
        mov eax, [var]
        mov [var - 4], eax
        mov [var + 4], eax
        expect_no_more
        mov [var + 3], al
.w1:    mov [var - 3], eax
.w2:    inc dword [var]
.w3:    xchg eax, [var - 1]
.w4:    mov esp, var + 4
        push eax
.w5:    mov esp, STACK
        expect_debug .w1, B1, 0
        expect_debug .w2, B1, 0
        expect_debug .w3, B1, 0
        expect_debug .w4, B1, 0
        expect_debug .w5, B1, 0
        watch 3, var + 1, ACCESS, 0
        mov al, [var + 1]
.r1:    mov al, [var]
        mov ax, [var]
.r2:    mov [var + 1], al
.r3:    expect_debug .r1, B3, 0
        expect_debug .r2, B3, 0
        expect_debug .r3, B1 | B3, 0
        no_breakpoints

        ; one element of a repeated instruction at a time
        watch 1, var + 1, WRITE, 0
        mov ecx, 3
        mov edi, var
        xor eax, eax
.rep:   rep stosb
.rep_after:
        expect_debug .rep, B1, RF
        expect ecx, 0
        mov ecx, 2
        mov edi, var
.rep2:  rep stosb                       ; its last element
.rep2_after:
        expect_debug .rep2_after, B1, 0
        expect_no_more

        ; an instruction that faults has not trapped
        watch 1, var, ACCESS, 3
        mov dword [var], 0
.zero:  xor edx, edx
        expect_debug .zero, B1, 0
        expect_fault 0, 0, div dword [var]
        expect_no_more

        ; behind MOV SS it waits for the next instruction
        mov word [var], DATA0
.word:  mov ss, [var]
        nop
.held:  nop
        expect_debug .word, B1, 0
        expect_debug .held, B1, 0
        no_breakpoints
        mov eax, [var]
        expect_no_more

        ; global enable as well as local; I/O breakpoints with CR4.DE
        mov eax, var
        mov dr0, eax
        mov eax, 2 | (ACCESS << 16)
        mov dr7, eax
        mov al, [var]
.global: expect_debug .global, B0, 0
        no_breakpoints
        mov eax, cr4
        or al, 8
        mov cr4, eax
        watch 2, 0x80, IO, 0
        mov al, 0
        out 0x81, al
        out 0x80, al
.io1:   out 0x7f, ax
.io2:   mov dx, 0x80
        in al, dx
.io3:   mov esi, var
        outsb
.io4:   expect_debug .io1, B2, 0
        expect_debug .io2, B2, 0
        expect_debug .io3, B2, 0
        expect_debug .io4, B2, 0
        expect_no_more
        no_breakpoints

        ; general detection: a fault, RF is set; off in the handler
        mov eax, 0x2000
        mov dr7, eax
.gd:    mov dr3, eax
        expect_debug .gd, BD, RF
        mov eax, dr7
        expect eax, 0x400
        expect_no_more

        ; single steps: together with a breakpoint, one element of a repeated instruction, behind MOV SS
        watch 0, var, WRITE, 0
        trap_flag 1
        mov [var], al
.s1:    mov ecx, 2
.s2:    mov edi, var + 8
.s3:    rep stosb
.s4:    mov ax, DATA0
.s5:    mov ss, ax
        nop
.s6:    into
.s7:    mov eax, 0
.s8:    trap_flag 0
.s9:    expect_debug .s1, B0 | BS, 0
        expect_debug .s2, BS, 0
        expect_debug .s3, BS, 0
        expect_debug .s3, BS, RF
        expect_debug .s4, BS, 0
        expect_debug .s5, BS, 0
        expect_debug .s6, BS, 0
        expect_debug .s7, BS, 0
        expect_debug .s8, BS, 0
        mov esi, [looked]               ; PUSH and POPF, which ends it
        expect dword [trail + esi + 4], BS
        add dword [looked], 12
        expect_debug .s9, BS, 0
        expect_no_more
        no_breakpoints

        ; with DEBUGCTL.BTF a single step is a branch taken; the exception clears it
        mov ecx, 0x1d9
        xor edx, edx
        mov eax, 2
        wrmsr
        trap_flag 1
        nop
        clc
        jc .b1
        jmp .b1
        nop
.b1:    nop
.b2:    trap_flag 0
.b3:    expect_debug .b1, BS, 0
        expect_debug .b2, BS, 0
        mov esi, [looked]
        expect dword [trail + esi + 4], BS
        add dword [looked], 12
        expect_debug .b3, BS, 0
        expect_no_more

        ; INT1 asks for no privilege and sets nothing in DR6; INT3 asks for the gate's
        int1
.int1:  expect_debug .int1, 0, 0
        set_gate 3, stubs + 16 * 3, 0x8e
        call_ring3 user, 0x102          ; TF from the first instruction on
        expect_no_more
        pass

user:   nop
.first: push dword 2
.second: popfd
.third: mov ax, DATA3
        mov ds, ax
        int1
.int1:  expect_debug user.first, BS, 0
        expect_debug .second, BS, 0
        expect_debug .third, BS, 0
        expect_debug .int1, 0, 0
        expect_fault 13, 3 * 8 + 2, int3
        leave_ring3

; Notes EIP, the causes in DR6 and RF; clears DR6, sets RF.
note:   push ds
        push eax
        push ebx
        mov ax, DATA0
        mov ds, ax
        mov ebx, [noted]
        mov eax, [esp + 12]
        mov [trail + ebx], eax
        mov eax, dr6
        and eax, 0xe00f
        mov [trail + ebx + 4], eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        mov eax, [esp + 20]
        and eax, RF
        mov [trail + ebx + 8], eax
        add dword [noted], 12
        or dword [esp + 20], RF
        pop ebx
        pop eax
        pop ds
        iretd

        align 8
        times 32 dd 0                   ; room for the handler, when the stack is here
        dd 0
var:    dd 0, 0, 0, 0
stack_pointer: dd STACK
        dw DATA0
noted:  dd 0
looked: dd 0
trail:  times 3 * 64 dd 0
