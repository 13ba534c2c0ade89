; KVM's paravirtual interface: CPUID leaves, the clock page, wall-clock time, hypercalls by VMCALL and VMMCALL, and an
; interrupt that ends when the guest clears a bit in memory.
; launch: hypervisor kvm
; launch: startDate 2005-01-01T00:00:07
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/real.inc"

CLOCK   equ 0x9000
WALL    equ 0x9100
EOI     equ 0x9200
PAIRING equ 0x9300
APIC    equ 0xfee00000

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00

        ; the hypervisor bit, then who it is and what it has
        mov eax, 1
        cpuid
        test ecx, ecx
        expect_flag s
        mov eax, 0x40000000
        cpuid
        expect eax, 0x40000001
        expect ebx, 'KVMK'
        expect ecx, 'VMKV'
        expect edx, 'M'
        mov eax, 0x40000001
        cpuid
        and eax, 0x01000049
        expect eax, 0x01000049

        ; the clock: as many nanoseconds as the counter says
        mov ecx, 0x4b564d01
        mov eax, CLOCK + 1
        xor edx, edx
        wrmsr
        rdmsr
        expect eax, CLOCK + 1
        expect dword [CLOCK], 2
        expect byte [CLOCK + 29], 1
        rdtsc
        sub eax, [CLOCK + 8]
        mov cl, [CLOCK + 28]
        shl eax, cl
        mul dword [CLOCK + 24]
        mov ebx, edx                    ; nanoseconds since
        sub ebx, 80
        cmp ebx, 120
        expect_flag b

        ; the guest sets its counter: a new page, and time goes on
        mov esi, [CLOCK + 16]
        mov ecx, 0x10
        xor eax, eax
        xor edx, edx
        wrmsr
        expect dword [CLOCK], 4
        expect dword [CLOCK + 8], 0
        expect dword [CLOCK + 12], 0
        mov eax, [CLOCK + 16]
        sub eax, esi
        cmp eax, 1000
        expect_flag b

        ; the date at power-on; the registers of old are the same
        mov ecx, 0x11
        mov eax, WALL
        xor edx, edx
        wrmsr
        mov ecx, 0x4b564d00
        rdmsr
        expect eax, WALL
        expect dword [WALL], 2
        expect dword [WALL + 4], 1104537607
        expect dword [WALL + 8], 0

        ; hypercalls: one that does nothing, one that does not exist, one that tells the time
        mov eax, 1
        mov ebx, 0x12345678
        vmcall
        expect eax, 0
        expect ebx, 0x12345678
        mov eax, 77
        vmmcall
        expect eax, -1000
        mov eax, 9
        mov ebx, PAIRING
        xor ecx, ecx
        vmcall
        expect eax, 0
        expect dword [PAIRING], 1104537607
        mov eax, 9
        mov ebx, 0xfffffff0
        vmmcall
        expect eax, -14
        mov eax, 9
        inc ecx
        vmcall
        expect eax, -95

        ; the local APIC's page is above 1 MiB: a limit of 4 GiB for DS
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp $ + 2
        mov bx, 8
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        jmp 0:.real
.real:
        mov edi, APIC
        ; an interrupt to itself, with the flag agreed on
        mov word [4 * 0x40], interrupt
        mov word [4 * 0x40 + 2], 0
        mov ecx, 0x4b564d04
        mov eax, EOI + 1
        xor edx, edx
        wrmsr
        mov dword [fs:edi + 0xf0], 0x1ff
        mov dword [fs:edi + 0x300], 0x00040040
        sti
        nop
        nop
        cli
        expect byte [interrupts], 1
        expect byte [ended_by_flag], 1
        expect dword [EOI], 0
        mov eax, [fs:edi + 0x120]      ; vectors 40h to 5Fh in service
        expect eax, 0

        ; two wait: the first must be ended at the APIC, the second may be ended in memory
        mov word [4 * 0x50], higher
        mov word [4 * 0x50 + 2], 0
        mov dword [fs:edi + 0x300], 0x00040040
        mov dword [fs:edi + 0x300], 0x00040050
        sti
        nop
        nop
        nop
        cli
        expect byte [interrupts], 2
        expect byte [ended_by_flag], 2
        expect byte [flag_of_higher], 0
        mov eax, [fs:edi + 0x120]
        expect eax, 0

        ; the APIC's own way still works
        mov ecx, 0x4b564d04
        xor eax, eax
        xor edx, edx
        wrmsr
        mov dword [fs:edi + 0x300], 0x00040050
        sti
        nop
        nop
        cli
        expect byte [flag_of_higher], 0
        pass

interrupt:
        inc byte [interrupts]
        btr dword [EOI], 0              ; was set: that was the end
        adc byte [ended_by_flag], 0
        iret

higher: push eax
        mov al, [EOI]
        mov [flag_of_higher], al
        mov dword [fs:edi + 0xb0], 0
        pop eax
        iret

interrupts: db 0
ended_by_flag: db 0
flag_of_higher: db 0xee
        align 8
gdt:    dq 0
        dq 0x00cf92000000ffff
gdtr:   dw 15
        dd gdt
