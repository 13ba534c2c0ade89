; A kernel, a user program and a system call.
;
; Ring 0 sets up a GDT with user segments, a task state segment that says where the kernel's stack is, and a gate for
; INT 80h that ring 3 may use. IRET goes to ring 3; there, CLI is #GP, and INT 80h comes back.
; Step into INT 80h and watch CS, SS and ESP change; step over IRET and watch the data segments become null.

        bits 32
        org 0x8000

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 | 3            ; selectors of ring 3 have RPL 3
USER_DATA       equ 0x20 | 3
TASK            equ 0x28

start:
        lgdt [gdt_register]
        jmp KERNEL_CODE:.reload
.reload:
        mov ax, KERNEL_DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00
        lidt [idt_register]
        mov ax, TASK
        ltr ax

        ; To ring 3: IRET takes EIP, CS, EFLAGS and, because CS has another privilege, ESP and SS.
        push dword USER_DATA
        push dword 0x7000
        push dword 0x202                ; IF set, IOPL 0
        push dword USER_CODE
        push dword user
        iretd

user:
        mov ax, USER_DATA               ; IRET made DS null: ring 3 may not use the kernel's
        mov ds, ax
        mov esi, hello
        int 0x80                        ; system call: print ESI
        cli                             ; not allowed with IOPL 0
        mov esi, bye
        int 0x80
        xor esi, esi
        int 0x80                        ; exit

; The kernel's side. The CPU has loaded SS:ESP from the task state segment and pushed where we came from.
system_call:
        push ds
        mov ax, KERNEL_DATA
        mov ds, ax
        test esi, esi
        jz .exit
.next:
        lodsb
        test al, al
        jz .done
        out 0xe9, al
        jmp .next
.done:
        pop ds
        iretd
.exit:
        xor al, al
        out 0xf4, al

protection_fault:
        push ds
        mov ax, KERNEL_DATA
        mov ds, ax
        mov esi, refused
.next:
        lodsb
        test al, al
        jz .done
        out 0xe9, al
        jmp .next
.done:
        inc dword [esp + 8]             ; DS, error code, EIP: go on behind CLI
        pop ds
        add esp, 4
        iretd

hello:          db "Hello from ring 3.", 10, 0
refused:        db "CLI in ring 3: #GP", 10, 0
bye:            db "Bye.", 10, 0

        align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff           ; 08h: code, DPL 0
        dq 0x00cf92000000ffff           ; 10h: data, DPL 0
        dq 0x00cffa000000ffff           ; 18h: code, DPL 3
        dq 0x00cff2000000ffff           ; 20h: data, DPL 3
        dw 103, tss                     ; 28h: task state segment
        db 0, 0x89, 0, 0
gdt_register:
        dw gdt_register - gdt - 1
        dd gdt

tss:    dd 0, 0x7800, KERNEL_DATA       ; ESP0, SS0: the stack for interrupts from ring 3
        times 100 - ($ - tss) db 0
        dd 104 << 16                    ; no I/O permission bitmap

        align 8
idt:    times 13 dq 0
        dw protection_fault, KERNEL_CODE, 0x8e00, 0
        times 0x80 - 14 dq 0
        dw system_call, KERNEL_CODE, 0xee00, 0  ; DPL 3: ring 3 may call it
idt_register:
        dw idt_register - idt - 1
        dd idt
