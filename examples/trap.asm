; A boot sector that shows what virtualization does to a kernel: first in real mode, then in protected mode.
;
; Press F5, pick a technique, and step. Put a breakpoint on CLI below.
; Under trap-and-emulate the privileged instructions trap to the VMM and come out right, but PUSHF, POPF, SMSW, SGDT
; and MOV from CS do not trap: they run with user-mode meaning and are silently wrong.

        bits 16
        org 0x7c00

start:
        cli                             ; IOPL-sensitive: traps in virtual-8086 mode
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        sti

        mov si, hello
        call print

        smsw ax                         ; sensitive, not privileged: PE shows even though we are in real mode
        mov [machine_status], ax

        pushf                           ; traps in virtual-8086 mode with IOPL < 3
        pop bx

        cli
        lgdt [gdt_register]             ; privileged
        mov eax, cr0                    ; privileged
        or al, 1
        mov cr0, eax                    ; protected mode from here on
        jmp 0x08:protected

print:                                  ; DS:SI: text, zero-terminated
        mov ah, 0x0e
.next:
        lodsb
        test al, al
        jz .done
        int 0x10
        jmp .next
.done:
        ret

        bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00

        pushf                           ; silent: pushes the real IF (1), not ours (0)
        pop dword [flags_seen]
        push cs                         ; silent: CS shows RPL 3
        pop dword [cs_seen]
        sgdt [gdt_seen]                 ; silent: the VMM's GDT, not ours

        mov ecx, 3                      ; some innocuous work
.work:
        add ebx, ecx
        loop .work

        mov esi, done
.print:
        lodsb
        test al, al
        jz .exit
        out 0xe9, al                    ; privileged by IOPL: traps
        jmp .print
.exit:
        xor al, al
        out 0xf4, al                    ; power off, exit code 0
        hlt

hello:          db "Hello from real mode.", 13, 10, 0
done:           db "Hello from protected mode.", 10, 0
machine_status: dw 0
flags_seen:     dd 0
cs_seen:        dd 0
gdt_seen:       dw 0
                dd 0

        align 8
gdt:            dq 0                        ; null
                dq 0x00cf9a000000ffff       ; 08h: code, base 0, limit 4 GiB, DPL 0
                dq 0x00cf92000000ffff       ; 10h: data, the same
gdt_end:
gdt_register:   dw gdt_end - gdt - 1
                dd gdt

        times 510 - ($ - $$) db 0
        dw 0xaa55
