; Lab 6: Isolation. Two virtual machines from one source: one runs amok and dies, the other never notices.
; Assembled with ROLE=1 it is the vandal, without it the neighbour.
; lab: isolation
; technique: trap

        bits 32
        org 0x8000

%include "console.inc"

%ifndef ROLE
%define ROLE 0
%endif

start:
%if ROLE
        say amok
        mov edi, 0x100000               ; [stop 1] all of the memory it knows of
        mov ecx, 0x40000
        mov eax, 0xdeadbeef
        rep stosd
        lidt [nothing]                  ; [stop 2] no handlers for anything ...
        ud2                             ; [stop 3] ... so this is three faults, one in the other
%else
        mov ebp, 3
.again:
        mov ecx, 20000                  ; [stop 4] the neighbour counts, and says that it is there
.count:
        loop .count
        say here
        dec ebp
        jnz .again
        power_off
%endif

include_print

amok:           db "running amok", 10, 0
here:           db "still here", 10, 0
nothing:        dw 0
                dd 0

; What it does, under which technique, for those who test it:
; expect: serial "still here\nstill here\nstill here\n"
; expect: exit 0
