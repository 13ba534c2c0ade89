; The local APIC: virtual wire, timer, interprocessor interrupts to itself, priorities, NMI, APIC_BASE.
; An interrupt that a store makes pending comes behind that store, under every technique and in slices of any length.
; SDM Vol. 3, chapter 10; 6.7.1.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

APIC            equ 0xfee00000
ID              equ 0x20
VERSION         equ 0x30
TPR             equ 0x80
PPR             equ 0xa0
EOI             equ 0xb0
SVR             equ 0xf0
ISR             equ 0x100
IRR             equ 0x200
ICR             equ 0x300
ICR_HIGH        equ 0x310
LVT_TIMER       equ 0x320
LINT0           equ 0x350
INITIAL         equ 0x380
CURRENT         equ 0x390
DIVIDE          equ 0x3e0
APIC_BASE       equ 0x1b

main:
        set_gate 2, nmi, 0x8e
        set_gate 0x20, pic_timer, 0x8e
        set_gate 0x40, low, 0x8e
        set_gate 0x50, high, 0x8e
        mov eax, 1
        cpuid
        test dh, 2                      ; EDX bit 9: APIC on chip
        expect_flag nz
        mov ecx, APIC_BASE
        rdmsr
        expect eax, APIC + 0x900        ; enabled, bootstrap processor
        expect dword [APIC + ID], 0
        expect dword [APIC + VERSION], 0x00040014

        ; as the firmware leaves it, the 8259A's interrupts come through LINT0
        mov esi, icw
.icw:   movzx edx, byte [esi]
        mov al, [esi + 1]
        out dx, al
        add esi, 2
        cmp esi, icw_end
        jb .icw
        mov al, 0x34                    ; 8254, channel 0, mode 2: 10 kHz
        out 0x43, al
        mov al, 119
        out 0x40, al
        xor al, al
        out 0x40, al
        mov ecx, 3
.wire:  sti
        hlt
        cli
        loop .wire
        expect dword [ticks], 3

        ; LINT0 masked: nothing comes
        or dword [APIC + LINT0], 0x10000
        mov ecx, 30000
        sti
.none:  loop .none
        cli
        expect dword [ticks], 3
        mov al, 0xff
        out 0x21, al

        ; disabled in APIC_BASE, the CPU is wired to the 8259A, and the page is empty
        mov ecx, APIC_BASE
        mov eax, APIC + 0x100
        xor edx, edx
        wrmsr
        expect dword [APIC + VERSION], 0xffffffff
        mov al, 0xfe
        out 0x21, al
        sti
        hlt
        cli
        expect dword [ticks], 4         ; the one that waited for LINT0
        mov al, 0xff
        out 0x21, al

        ; moved to another page
        mov ecx, APIC_BASE
        mov eax, APIC + 0x10000 + 0x900
        wrmsr
        expect dword [APIC + 0x10000 + VERSION], 0x00040014
        expect dword [APIC + VERSION], 0xffffffff
        mov eax, APIC + 0x900
        wrmsr
        expect dword [APIC + VERSION], 0x00040014

        ; an interrupt to itself comes behind the store
        sti
        mov dword [APIC + ICR], 0x40040
.behind:
        nop
        cli
        expect dword [low_eip], .behind
        expect dword [low_count], 1
        expect dword [APIC + ISR + 0x20], 0

        ; with IF clear it waits in IRR; the higher one comes first, each behind the instruction after STI
        mov dword [APIC + ICR], 0x40040
        mov dword [APIC + ICR], 0x40050
        expect dword [APIC + IRR + 0x20], 0x10001
        expect dword [low_count], 1
        sti
        nop
        cli
        expect dword [low_count], 2
        expect dword [high_count], 1
        expect dword [order], 2         ; the low one was the second

        ; the task priority holds it back until it is lowered
        mov dword [APIC + TPR], 0x40
        sti
        mov dword [APIC + ICR], 0x40040
        nop
        expect dword [low_count], 2
        mov dword [APIC + TPR], 0x3f
.lowered:
        nop
        cli
        expect dword [low_count], 3
        expect dword [low_eip], .lowered
        mov dword [APIC + TPR], 0

        ; the same by an instruction that reads and writes
        mov dword [APIC + TPR], 0x80
        sti
        mov dword [APIC + ICR], 0x40040
        and dword [APIC + TPR], 0x0f
.anded: nop
        cli
        expect dword [low_eip], .anded
        expect dword [low_count], 4

        ; the timer, once: 5000 ticks of 10 ns
        mov dword [APIC + DIVIDE], 0xb
        mov dword [APIC + LVT_TIMER], 0x40
        mov dword [APIC + INITIAL], 5000
        cmp dword [APIC + CURRENT], 5000
        expect_flag b
        cmp dword [APIC + CURRENT], 4900
        expect_flag a
        sti
        hlt
        cli
        expect dword [low_count], 5
        expect dword [APIC + CURRENT], 0

        ; periodic: the rate does not depend on who looks
        mov dword [APIC + LVT_TIMER], 0x20040
        mov dword [APIC + INITIAL], 1000
        mov ecx, 10000
        sti
.spin:  loop .spin
        cli
        mov eax, [low_count]
        sub eax, 5
        cmp eax, 9
        expect_flag ae
        cmp eax, 12
        expect_flag be
        mov dword [APIC + INITIAL], 0

        ; NMI, IF clear; another one waits until IRET
        mov dword [APIC + ICR_HIGH], 0
        mov dword [APIC + ICR], 0x4400
.nmi:   expect dword [nmi_count], 2
        expect dword [nmi_nested], 0
        expect dword [nmi_eip], .nmi
        pass

pic_timer:
        push eax
        inc dword [ticks]
        mov al, 0x20
        out 0x20, al
        pop eax
        iretd

low:
        push eax
        inc dword [low_count]
        mov eax, [esp + 4]
        mov [low_eip], eax
        mov eax, [high_count]
        inc eax
        mov [order], eax
        mov dword [APIC + EOI], 0
        pop eax
        iretd

high:
        inc dword [high_count]
        mov dword [APIC + EOI], 0
        iretd

nmi:
        push eax
        mov eax, [esp + 4]
        mov [nmi_eip], eax
        inc dword [nmi_count]
        cmp dword [nmi_count], 1
        jne .done
        mov dword [APIC + ICR], 0x4400
        nop
        cmp dword [nmi_count], 1
        je .done
        inc dword [nmi_nested]
.done:  pop eax
        iretd

icw:    db 0x20, 0x11, 0x21, 0x20, 0x21, 0x04, 0x21, 0x01, 0x21, 0xfe
icw_end:

        align 4
ticks:          dd 0
low_count:      dd 0
low_eip:        dd 0
high_count:     dd 0
order:          dd 0
nmi_count:      dd 0
nmi_nested:     dd 0
nmi_eip:        dd 0
