; Lab 5: Hypercalls. The same line of text through a device, or by one call if there is somebody to call.
; lab: hypercalls
; technique: pv

        bits 32
        org 0x8000

%include "../kernel/hypercalls.inc"

start:
        mov eax, HC_LEAF
        cpuid                           ; [stop 1] is there a hypervisor that takes calls?
        cmp ebx, HC_SIGNATURE_EBX
        jne device
        cmp ecx, HC_SIGNATURE_ECX
        jne device
        cmp edx, HC_SIGNATURE_EDX
        jne device

        hypercall HC_CONSOLE_WRITE, called, called_end - called         ; [stop 2] one call for the whole line
        hypercall HC_SHUTDOWN, 0        ; [stop 3] what did the last one return?

device:
        mov esi, written
        mov ecx, written_end - written
.next:
        lodsb
        out 0xe9, al                    ; [stop 4] one trap a character
        loop .next
        xor al, al
        out 0xf4, al

written:        db "through a device", 10
written_end:
called:         db "by a hypercall", 10
called_end:

; What it does, under which technique, for those who test it:
; expect: serial "through a device\n"
; expect: exit 0
; expect pv: serial "by a hypercall\n"
; expect pv: differs
