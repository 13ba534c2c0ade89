; The I/O APIC: the timer on pin 2, edges and masks, a serial port's level with remote IRR and EOI, polarity.
; Intel 82093AA datasheet, 3.2.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

APIC            equ 0xfee00000
EOI             equ 0xb0
ISR             equ 0x100
IRR             equ 0x200
LDR             equ 0xd0
LINT0           equ 0x350
IOAPIC          equ 0xfec00000
LEVEL           equ 0x8000
LOW             equ 0x2000
REMOTE_IRR      equ 0x4000
MASKED          equ 0x10000
UART            equ 0x3f8

%macro ioapic 2                         ; register, value
        mov dword [IOAPIC], %1
        mov dword [IOAPIC + 0x10], %2
%endmacro

%macro expect_ioapic 2
        mov dword [IOAPIC], %1
        expect dword [IOAPIC + 0x10], %2
%endmacro

main:
        set_gate 0x42, timer, 0x8e
        set_gate 0x54, serial, 0x8e
        mov al, 0xff                    ; no interrupt from the 8259As
        out 0x21, al
        out 0xa1, al
        or dword [APIC + LINT0], MASKED
        expect_ioapic 1, 0x00170011
        expect_ioapic 0x10, MASKED

        ; the timer comes on pin 2, as an edge, by physical and by logical destination
        mov al, 0x34
        out 0x43, al
        mov al, 119
        out 0x40, al
        xor al, al
        out 0x40, al
        ioapic 0x15, 0
        ioapic 0x14, 0x42
        mov ecx, 3
.wait:  sti
        hlt
        cli
        loop .wait
        expect dword [ticks], 3
        mov dword [APIC + LDR], 0x04000000
        ioapic 0x15, 0x04000000
        ioapic 0x14, 0x0842
        sti
        hlt
        cli
        expect dword [ticks], 4

        ; edges at a masked pin are lost, those for another processor go nowhere
        ioapic 0x14, MASKED + 0x42
        mov ecx, 30000
        sti
.lost:  loop .lost
        ioapic 0x15, 0x02000000
        ioapic 0x14, 0x0842
        mov ecx, 30000
.other: loop .other
        cli
        expect dword [ticks], 4
        ioapic 0x14, MASKED

        ; a level: the transmitter is empty, and the line stays up until IIR is read
        mov dx, UART + 4
        mov al, 8                       ; OUT2
        out dx, al
        mov dx, UART + 1
        mov al, 2                       ; transmitter empty
        out dx, al
        ioapic 0x19, 0
        sti
        ioapic 0x18, LEVEL + 0x54
.first: nop
        cli
        expect dword [serials], 3       ; the handler took care at the third
        expect dword [serial_eip], .first
        expect_ioapic 0x18, LEVEL + 0x54
        expect dword [APIC + IRR + 0x20], 0

        ; pending behind IF, remote IRR is set and asks only once
        mov dword [serials], 2
        mov dx, UART + 1
        xor al, al
        out dx, al
        mov al, 2
        out dx, al
        expect_ioapic 0x18, LEVEL + REMOTE_IRR + 0x54
        expect dword [APIC + IRR + 0x20], 1 << 20
        sti
        nop
        cli
        expect dword [serials], 3
        expect_ioapic 0x18, LEVEL + 0x54

        ; active low: the quiet line asks
        ioapic 0x18, LEVEL + LOW + 0x54
        expect_ioapic 0x18, LEVEL + LOW + REMOTE_IRR + 0x54
        ioapic 0x18, MASKED
        pass

timer:
        inc dword [ticks]
        mov dword [APIC + EOI], 0
        iretd

serial:
        push eax
        push edx
        mov eax, [esp + 8]
        mov [serial_eip], eax
        inc dword [serials]
        cmp dword [serials], 3
        jb .again
        mov dx, UART + 2
        in al, dx
.again: mov dword [APIC + EOI], 0
        pop edx
        pop eax
        iretd

        align 4
ticks:          dd 0
serials:        dd 0
serial_eip:     dd 0
