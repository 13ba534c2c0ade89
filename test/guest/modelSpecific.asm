; Model-specific registers, CPUID, RDPMC, SYSENTER and SYSEXIT on a P6, and what does not exist there.
; SDM Vol. 2: RDMSR, WRMSR, RDPMC, CPUID, SYSENTER, SYSEXIT, RSM, CMPXCHG8B; Vol. 3, 11.11, 11.12 and appendix B.5.
; launch: cpu p6
; launch: hypervisor none
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

%macro read_msr 3                       ; address, EDX, EAX
        mov ecx, %1
        rdmsr
        expect edx, %2
        expect eax, %3
%endmacro

%macro write_msr 3
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        wrmsr
%endmacro

%macro refused 3
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        expect_fault 13, 0, wrmsr
%endmacro

main:
        ; unknown, read-only, reserved bits
        mov ecx, 0x12345
        expect_fault 13, 0, rdmsr
        expect_fault 13, 0, wrmsr
        mov ecx, 0x11                   ; the Pentium's
        expect_fault 13, 0, rdmsr
        read_msr 0xfe, 0, 0x508
        refused 0xfe, 0, 0x508
        read_msr 0x17, 0, 0
        read_msr 0x179, 0, 0x105
        read_msr 0x1b, 0, 0xfee00900
        refused 0x1b, 0, 0xfee00901
        read_msr 0x277, 0x00070406, 0x00070406
        refused 0x277, 0x00070406, 0x00070206
        write_msr 0x277, 0x01040500, 0x00010506
        read_msr 0x277, 0x01040500, 0x00010506
        refused 0x200, 0, 0x02          ; no such memory type
        refused 0x200, 0x10, 0x06       ; beyond 36 bits
        write_msr 0x200, 0xf, 0xfffff006
        write_msr 0x201, 0xf, 0xfff00800
        read_msr 0x200, 0xf, 0xfffff006
        read_msr 0x201, 0xf, 0xfff00800
        write_msr 0x20f, 0, 0x800
        mov ecx, 0x210
        expect_fault 13, 0, rdmsr
        refused 0x250, 0, 0x07000000
        write_msr 0x26f, 0x05050505, 0x06060606
        read_msr 0x26f, 0x05050505, 0x06060606
        write_msr 0x2ff, 0, 0xc06
        read_msr 0x2ff, 0, 0xc06
        refused 0x401, 0, 1             ; a machine-check status is only cleared
        write_msr 0x401, 0, 0
        write_msr 0x8b, 0, 0
        read_msr 0x8b, 0, 0

        ; the time-stamp counter: the low half is written, the high half becomes zero
        write_msr 0x10, 5, 0xfffff000
        rdtsc
        expect edx, 0
        sub eax, 0xfffff000
        cmp eax, 100
        expect_flag b
        mov ecx, 3000
.wait:  dec ecx
        jnz .wait
        rdtsc
        expect edx, 1
        mov ecx, 0x10
        rdmsr
        expect edx, 1

        ; performance counters: 40 bits, written as 32 with their sign
        write_msr 0xc1, 0x55, 0x80001234
        mov ecx, 0
        rdpmc
        expect edx, 0xff
        expect eax, 0x80001234
        mov ecx, 2
        expect_fault 13, 0, rdpmc
        call_ring3 counters
        mov eax, cr4
        or eax, 0x104                   ; PCE, TSD
        mov cr4, eax
        call_ring3 counters_open
        rdtsc

        ; CPUID: beyond the last leaf, the last
        xor eax, eax
        cpuid
        expect eax, 2
        expect ebx, 'Genu'
        expect edx, 'ineI'
        expect ecx, 'ntel'
        mov eax, 1
        cpuid
        shr eax, 8
        expect eax, 6
        and edx, 0xaf8
        expect edx, 0xaf8               ; PSE TSC MSR PAE MCE APIC SEP
        mov eax, 2
        cpuid
        expect eax, 0x03020101
        mov esi, edx
        mov eax, 0x80000000
        cpuid
        expect eax, 0x03020101
        expect edx, esi

        ; SYSENTER and SYSEXIT
        expect_fault 13, 0, sysenter    ; no code segment given
        expect_fault 13, 0, sysexit
        write_msr 0x174, 0, CODE0
        write_msr 0x175, 0, RING0_STACK
        write_msr 0x176, 0, entered
        call_ring3 user
        expect dword [calls], 2
        mov dword [calls], 2            ; once more, out of virtual-8086 mode
        write_msr 0x176, 0, entered_v86
        push dword 0
        push dword 0
        push dword 0
        push dword 0
        push dword 0x700
        push dword 0xf00
        push dword 0x23002
        push dword 0x800
        push dword v86 - 0x8000
        iretd
entered_v86:
        expect esp, RING0_STACK
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov eax, cr0
        mov esp, STACK

        ; what does not exist
        expect_fault 6, 0, rsm
        expect_fault 6, 0, db 0x0f, 0xc7, 0xc8          ; cmpxchg8b with a register
        expect_fault 6, 0, db 0xf0, 0x0f, 0xc7, 0xc8    ; not with LOCK either
        expect_fault 6, 0, db 0x0f, 0x24, 0xf0          ; mov eax, tr6
        expect_fault 6, 0, ud2
        stc
        salc
        expect al, 0xff
        clc
        salc
        expect al, 0
        pass

counters:
        mov ax, DATA3
        mov ds, ax
        rdtsc
        xor ecx, ecx
        expect_fault 13, 0, rdpmc
        leave_ring3
counters_open:
        mov ax, DATA3
        mov ds, ax
        xor ecx, ecx
        rdpmc
        expect eax, 0x80001234
        expect_fault 13, 0, rdtsc
        expect_fault 13, 0, rdmsr
        expect_fault 13, 0, wrmsr
        expect_fault 13, 0, sysexit
        leave_ring3

user:
        mov ax, DATA3
        mov ds, ax
        mov ebp, esp
        mov ecx, esp
        mov edx, .back
        sysenter
        fail
.back:  expect esp, ebp
        expect_fault 13, 0, cli         ; ring 3 again
        mov ecx, esp
        sub ecx, 16
        mov edx, .again
        sysenter
.again: expect esp, RING3_STACK - 16
        leave_ring3

entered:
        expect esp, RING0_STACK
        mov eax, cr0                    ; ring 0
        inc dword [calls]
        push dword 2
        popfd
        sysexit

        bits 16
v86:    sysenter
        bits 32

        align 4
calls:  dd 0
