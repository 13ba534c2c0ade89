; A guest finds its way as an operating system does: RSDP, RSDT, FADT, MADT, DSDT; the PM timer; the SCI; then it powers off.
; ACPI Specification 2.0, 4.7.3 and 5.2; MultiProcessor Specification 1.4, 4.1.
; expect: serial "off\n"
; expect: exit 0
%include "lib/protected.inc"

APIC            equ 0xfee00000
EOI             equ 0xb0
IOAPIC          equ 0xfec00000
TIMER_STATUS    equ 1

%macro search 1                         ; 8 bytes at a 16-byte boundary of the ROM; ESI
        mov esi, 0xf0000
%%next: mov eax, [esi]
        cmp eax, dword [%1]
        jne %%no
        mov eax, [esi + 4]
        cmp eax, dword [%1 + 4]
        je %%found
%%no:   add esi, 16
        cmp esi, 0x100000
        jb %%next
        fail
%%found:
%endmacro

main:
        search rsdp_signature
        mov ecx, 20
        call check_sum
        mov esi, [esi + 16]             ; RSDT
        expect dword [esi], 'RSDT'
        mov ecx, [esi + 4]
        call check_sum
        mov eax, [esi + 36]
        mov [fadt], eax
        mov eax, [esi + 40]
        mov [madt], eax

        mov esi, [fadt]
        expect dword [esi], 'FACP'
        mov ecx, [esi + 4]
        call check_sum
        mov eax, [esi + 56]
        mov [event], eax
        mov eax, [esi + 64]
        mov [control], eax
        mov eax, [esi + 76]
        mov [timer], eax
        mov edi, [esi + 36]             ; FACS: the guest may write
        expect dword [edi], 'FACS'
        mov dword [edi + 12], 0x12345678
        expect dword [edi + 12], 0x12345678
        mov esi, [esi + 40]             ; DSDT: the guest may not
        expect dword [esi], 'DSDT'
        mov ecx, [esi + 4]
        call check_sum
        mov dword [esi], 0
        expect dword [esi], 'DSDT'

        mov esi, [madt]
        expect dword [esi], 'APIC'
        mov ecx, [esi + 4]
        call check_sum
        expect dword [esi + 36], APIC

        ; the PM timer: 3.58 ticks in 100 instructions
        mov dx, [timer]
        in eax, dx
        mov ebx, eax
        mov ecx, 10000
.spin:  loop .spin
        in eax, dx
        sub eax, ebx
        cmp eax, 357
        expect_flag ae
        cmp eax, 360
        expect_flag be

        ; its half turn interrupts: IRQ 9, a level, through the I/O APIC
        set_gate 0x59, sci, 0x8e
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov dword [IOAPIC], 0x23
        mov dword [IOAPIC + 16], 0
        mov dword [IOAPIC], 0x22
        mov dword [IOAPIC + 16], 0x8059
        mov dx, [event]
        mov ax, TIMER_STATUS
        out dx, ax                      ; clear
        add dx, 2
        out dx, ax                      ; enable
        sti
        hlt
        cli
        expect dword [scis], 1
        mov dx, [timer]
        in eax, dx
        test eax, 0x7fff00              ; just over
        expect_flag z

        ; S5: SLP_TYP 0, as the DSDT says, and SLP_EN
        mov esi, off_text
        call print
        mov dx, [control]
        in ax, dx
        test al, 1                      ; SCI_EN
        expect_flag nz
        mov ax, 0x2000
        out dx, ax
        fail

check_sum:                              ; ESI, ECX bytes
        push esi
        xor ah, ah
.byte:  lodsb
        add ah, al
        loop .byte
        pop esi
        test ah, ah
        expect_flag z
        ret

sci:
        push eax
        push edx
        inc dword [scis]
        mov dx, [event]
        in ax, dx
        out dx, ax
        mov dword [APIC + EOI], 0
        pop edx
        pop eax
        iretd

off_text:       db "off", 10, 0
        align 4
rsdp_signature: db "RSD PTR "
fadt:           dd 0
madt:           dd 0
event:          dd 0
control:        dd 0
timer:          dd 0
scis:           dd 0
