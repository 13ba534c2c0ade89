; Lab 2: Trap and emulate. A kernel talks to a device and switches interrupts off and on; every such step goes to the VMM.
; lab: trapAndEmulate
; technique: trap

        bits 32
        org 0x8000

start:
        mov ecx, 1000                   ; innocuous work: nobody steps in
.work:
        add ebx, ecx
        loop .work

        cli                             ; [stop 1] faults; the VMM clears the virtual interrupt flag
        mov esi, text
        mov ecx, text_end - text
.next:
        lodsb
        out 0xe9, al                    ; [stop 2] faults, once for each character
        loop .next
        sti                             ; [stop 3] faults; the VMM sets the virtual interrupt flag

        mov eax, cr0                    ; [stop 4] faults; the VMM reads the virtual CR0
        xor al, al
        out 0xf4, al                    ; power off: also a device

text:   db "Hi!", 10
text_end:

; What it does, under which technique, for those who test it:
; expect: serial "Hi!\n"
; expect: exit 0
