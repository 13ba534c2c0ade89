; A small kernel: paging, a timer, two processes in address spaces of their own, preemptive scheduling, system calls,
; input from a terminal, pages that appear when they are touched.
;
; One source for two machines. Everything that the processor keeps for ring 0 is in a thin layer of macros and routines:
; bare.inc for a PC, pv.inc (with -D PV) for a hypervisor that the kernel knows of. Compare those two files.
;
;   ringside run examples/kernel/kernel.asm -t bare
;   ringside run examples/kernel/kernel.asm -t pv -D PV=1
;
; Under trap-and-emulate the PC's kernel sleeps for ever as soon as both processes do: see `idle`, and `lock` in bare.inc.

        bits 32
        org 0x8000

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 | 3
USER_DATA       equ 0x20 | 3
IF              equ 1 << 9

; Memory. The kernel's first megabyte is mapped as it is; what user code sees begins at 4 MiB.
BOOT_STACK      equ 0x7c00
FRAMES          equ 0x30000             ; page frames to give away, up to
FRAMES_END      equ 0x90000
PAGE            equ 4096
USER            equ 0x400000            ; the programs, read-only
ZERO_PAGES      equ 0x408000            ; from here, pages appear when they are touched
USER_STACK      equ 0x410000            ; top; the end of it
IMAGE_PAGES     equ 1

PRESENT         equ 1
WRITABLE        equ 2
USER_PAGE       equ 4

TICK            equ 100                 ; microseconds

struc process
.esp:           resd 1                  ; kernel stack, with the frame of the trap that it is in
.stack:         resd 1                  ; top of that stack
.directory:     resd 1
.table:         resd 1                  ; page table of its 4 MiB
.state:         resd 1
.wake:          resd 1                  ; tick at which it goes on
.deadline:      resd 1                  ; tick until which it waits for a line, 0: it does not
.pid:           resd 1
endstruc

ENDED           equ 0
READY           equ 1
SLEEPING        equ 2
READING         equ 3

; What is on the stack while the kernel serves a trap.
struc frame
.es:            resd 1
.ds:            resd 1
.edi:           resd 1
.esi:           resd 1
.ebp:           resd 1
.esp:           resd 1
.ebx:           resd 1
.edx:           resd 1
.ecx:           resd 1
.eax:           resd 1
.error:         resd 1
.eip:           resd 1
.cs:            resd 1
.eflags:        resd 1
.user_esp:      resd 1                  ; from here only when it came from ring 3
.user_ss:       resd 1
endstruc

%macro enter_kernel 0                   ; behind the error code, or 0 in its place
        pushad
        push ds
        push es
        mov ax, KERNEL_DATA
        mov ds, ax
        mov es, ax
        cld
%endmacro

%macro trap 3                           ; vector, flags (DPL; 4: events off), handler
        db %1, %2
        dw KERNEL_CODE
        dd %3
%endmacro

EVENTS_OFF      equ 4

        jmp start

%ifdef PV
%include "pv.inc"
%else
%include "bare.inc"
%endif

; ---------------------------------------------------------------------------------------------------------------------
; Start

start:
        mov esp, BOOT_STACK
        call machine_init
        mov esi, welcome
        call print_text

        mov edi, kernel_table           ; the first megabyte, for ring 0
        mov eax, PRESENT | WRITABLE
        mov ecx, 256
.map:
        stosd
        add eax, PAGE
        loop .map

        call alloc_frame
        mov [idle_process + process.directory], eax
        mov dword [eax], kernel_table + (PRESENT | WRITABLE)
        mov esi, [idle_process + process.directory]
        call paging_on

        mov ebp, idle_process
        mov esp, [ebp + process.stack]
        push dword IF
        push dword KERNEL_CODE
        push dword idle
        call first_frame

        mov ebp, processes
        mov edx, ping
        call new_process
        mov ebp, processes + process_size
        mov edx, pong
        call new_process

        mov esp, BOOT_STACK
        call start_timer
        call choose
        jmp switch_to

; Nothing to do: sleep until something happens. The counter is the kernel's, so it is locked as everything of the kernel is.
idle:
        lock
        inc dword [idle_rounds]
        unlock
        wait_for_event
        jmp idle

; ---------------------------------------------------------------------------------------------------------------------
; Processes

; EBP: process, EDX: where it starts.
new_process:
        call alloc_frame
        mov [ebp + process.directory], eax
        mov edi, eax
        call alloc_frame
        mov [ebp + process.table], eax
        mov dword [edi], kernel_table + (PRESENT | WRITABLE)
        lea ecx, [eax + PRESENT + WRITABLE + USER_PAGE]
        mov [edi + 4 * (USER >> 22)], ecx

        call alloc_frame                ; its own copy of the programs
        mov edi, eax
        mov esi, [ebp + process.table]
        lea ecx, [eax + PRESENT + USER_PAGE]
        mov [esi], ecx
        mov esi, programs
        mov ecx, (programs_end - programs_start + 3) / 4
        rep movsd

        mov dword [ebp + process.state], READY
        inc dword [alive]
        mov eax, [alive]
        mov [ebp + process.pid], eax
        mov [.back], esp
        mov esp, [ebp + process.stack]
        push dword USER_DATA
        push dword USER_STACK
        push dword IF
        push dword USER_CODE
        push edx
        call first_frame
        mov esp, [.back]
        ret
.back:  dd 0

; The rest of a frame, below what IRET takes: as if the process had been interrupted there. Keeps the stack pointer in it.
first_frame:
        pop eax
        push dword 0                    ; error code
        push dword 0                    ; general registers
        push dword 0
        push dword 0
        push dword 0
        push dword 0
        push dword 0
        push dword 0
        push dword 0
        push dword USER_DATA            ; DS, ES
        push dword USER_DATA
        mov [ebp + process.esp], esp
        jmp eax

; Every trap ends here: perhaps in another process than it began.
resume:
        cmp dword [reschedule], 0
        je restore
        mov dword [reschedule], 0
        mov ebx, [current]
        mov [ebx + process.esp], esp
        call choose
        cmp ebp, ebx
        je restore
switch_to:                              ; EBP
        mov [current], ebp
        mov esp, [ebp + process.esp]
        mov eax, [ebp + process.stack]
        set_kernel_stack eax
        mov eax, [ebp + process.directory]
        set_directory eax
restore:
        pop es
        pop ds
        popad
        add esp, 4
        return_from_trap

; The next process that can run, in turn; else the idle one. EBP: the process. Keeps EBX.
choose:
        mov ebp, [current]
        mov ecx, PROCESSES
.next:
        add ebp, process_size
        cmp ebp, processes_end
        jb .here
        mov ebp, processes
.here:
        cmp dword [ebp + process.state], READY
        je .found
        loop .next
        mov ebp, idle_process
.found:
        ret

; A timer tick: wake who has slept enough; somebody else's turn.
timer_tick:
        inc dword [ticks]
        mov eax, [ticks]
        mov ebp, processes
.next:
        cmp dword [ebp + process.state], SLEEPING
        jb .awake
        cmp eax, [ebp + process.wake]
        jb .awake
        mov dword [ebp + process.state], READY
.awake:
        add ebp, process_size
        cmp ebp, processes_end
        jb .next
        mov dword [reschedule], 1
        ret

; A byte was typed: AL. A whole line wakes who reads.
input_byte:
        mov ecx, [line_length]
        cmp ecx, LINE
        jae .done
        mov [line + ecx], al
        inc dword [line_length]
        cmp al, 13
        je .end
        cmp al, 10
        jne .done
.end:
        mov dword [line_complete], 1
        mov ebp, processes
.next:
        cmp dword [ebp + process.state], READING
        jne .other
        mov dword [ebp + process.state], READY
.other:
        add ebp, process_size
        cmp ebp, processes_end
        jb .next
        mov dword [reschedule], 1
.done:
        ret

; ---------------------------------------------------------------------------------------------------------------------
; Memory

; A page frame of zeros: EAX. Clobbers ECX.
alloc_frame:
        mov eax, [next_frame]
        cmp eax, FRAMES_END
        jae .none
        add dword [next_frame], PAGE
        push edi
        push eax
        mov edi, eax
        mov ecx, PAGE / 4
        xor eax, eax
        rep stosd
        pop eax
        pop edi
        ret
.none:
        mov esi, no_memory
        call print_text
        mov al, 2
        jmp power_off

page_fault:
        enter_kernel
        get_fault_address edx
        mov ebp, [current]
        test dword [esp + frame.error], PRESENT
        jnz .forbidden
        cmp edx, ZERO_PAGES
        jb .forbidden
        cmp edx, USER_STACK
        jae .forbidden
        call alloc_frame                ; a page of zeros, where it was touched
        or eax, PRESENT | WRITABLE | USER_PAGE
        mov [updates + 4], eax
        mov eax, edx
        shr eax, 12
        and eax, 1023
        shl eax, 2
        add eax, [ebp + process.table]
        mov [updates], eax
        mov esi, updates
        mov ecx, 1
        call set_entries
        flush_page edx
        inc dword [zero_pages]
        jmp resume
.forbidden:
        mov edi, refused.address
        mov eax, edx
        call hex
        mov esi, refused
        jmp kill

protection_fault:
        enter_kernel
        mov esi, protected
        jmp kill
divide_error:
        push dword 0
        enter_kernel
        mov esi, divided
        jmp kill
undefined_opcode:
        push dword 0
        enter_kernel
        mov esi, undefined

; ESI: why.
kill:
        mov ebp, [current]
        mov al, [ebp + process.pid]
        add al, '0'
        mov [killed.pid], al
        push esi
        mov esi, killed
        call print_text
        pop esi
        call print_text

; The process ends: all its pages go at once.
end_process:
        mov ebp, [current]
        mov dword [ebp + process.state], ENDED
        mov edi, updates
        mov eax, [ebp + process.table]
        mov ecx, (USER_STACK - USER) / PAGE
.page:
        mov [edi], eax
        mov dword [edi + 4], 0
        add eax, 4
        add edi, 8
        loop .page
        mov esi, updates
        mov ecx, (USER_STACK - USER) / PAGE
        call set_entries
        mov dword [reschedule], 1
        dec dword [alive]
        jnz resume
        mov al, [zero_pages]
        add al, '0'
        mov [goodbye.pages], al
        mov esi, goodbye
        call print_text
        mov al, 0
        jmp power_off

; ---------------------------------------------------------------------------------------------------------------------
; System calls: INT 80h, number in EAX; arguments in EBX, ECX, EDX; result in EAX

system_call:
        push dword 0
        enter_kernel
        mov ebp, [current]
        mov eax, [esp + frame.eax]
        cmp eax, CALLS
        jae .unknown
        jmp [calls + 4 * eax]
.unknown:
        mov dword [esp + frame.eax], -1
        jmp resume

calls:  dd sys_write, sys_sleep, sys_exit, sys_getpid, sys_read
CALLS   equ 5

sys_write:                              ; EBX text, ECX bytes
        mov esi, [esp + frame.ebx]
        mov ecx, [esp + frame.ecx]
        call check_pointer
        jc refuse
        mov [esp + frame.eax], ecx
        call print
        jmp resume

sys_sleep:                              ; EBX ticks
        mov eax, [ticks]
        add eax, [esp + frame.ebx]
        mov [ebp + process.wake], eax
        mov dword [ebp + process.state], SLEEPING
        mov dword [esp + frame.eax], 0
        mov dword [reschedule], 1
        jmp resume

sys_exit:
        jmp end_process

sys_getpid:
        mov eax, [ebp + process.pid]
        mov [esp + frame.eax], eax
        jmp resume

; EBX buffer, ECX bytes, EDX ticks to wait for a line: how many bytes it has, 0 when none came. Without a line the process
; sleeps in front of its INT, and asks again when it wakes.
sys_read:
        mov edi, [esp + frame.ebx]
        mov ecx, [esp + frame.ecx]
        mov esi, edi
        call check_pointer
        jc refuse
        cmp dword [line_complete], 0
        je .wait
        mov esi, line
        cmp ecx, [line_length]
        jbe .copy
        mov ecx, [line_length]
.copy:
        mov [esp + frame.eax], ecx
        rep movsb
        mov dword [line_length], 0
        mov dword [line_complete], 0
        jmp .served
.wait:
        mov eax, [ebp + process.deadline]
        test eax, eax
        jnz .again
        mov eax, [ticks]
        add eax, [esp + frame.edx]
        mov [ebp + process.deadline], eax
.again:
        cmp eax, [ticks]
        jbe .nobody
        mov [ebp + process.wake], eax
        mov dword [ebp + process.state], READING
        sub dword [esp + frame.eip], 2  ; back to the INT
        mov dword [reschedule], 1
        jmp resume
.nobody:
        mov dword [esp + frame.eax], 0
.served:
        mov dword [ebp + process.deadline], 0
        jmp resume

refuse:
        mov dword [esp + frame.eax], -1
        jmp resume

; ESI, ECX: does it lie in what user code sees? Carry when not.
check_pointer:
        cmp esi, USER
        jb .bad
        lea eax, [esi + ecx]
        cmp eax, esi
        jb .bad
        cmp eax, USER_STACK + 1
        cmc
        ret
.bad:
        stc
        ret

; ---------------------------------------------------------------------------------------------------------------------
; Text

print_text:                             ; ESI: until the 0
        xor ecx, ecx
.length:
        cmp byte [esi + ecx], 0
        je print
        inc ecx
        jmp .length

hex:                                    ; EAX, eight digits to EDI
        mov ecx, 8
.digit:
        rol eax, 4
        push eax
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        stosb
        pop eax
        loop .digit
        ret

welcome:        db "kernel: paging on, two processes", 10, 0
goodbye:        db "kernel: both ended, "
.pages:         db "? pages came when they were touched", 10, 0
killed:         db "kernel: process "
.pid:           db "? is killed: ", 0
refused:        db "page fault at "
.address:       db "????????", 10, 0
protected:      db "general protection", 10, 0
divided:        db "division error", 10, 0
undefined:      db "undefined opcode", 10, 0
no_memory:      db "kernel: out of memory", 10, 0

; ---------------------------------------------------------------------------------------------------------------------
; Data

traps:
        trap 0, EVENTS_OFF, divide_error
        trap 6, EVENTS_OFF, undefined_opcode
        trap 13, EVENTS_OFF, protection_fault
        trap 14, EVENTS_OFF, page_fault
        trap 0x80, EVENTS_OFF | 3, system_call
        event_traps                     ; the layer's
TRAPS           equ ($ - traps) / 8

        align 4
ticks:          dd 0
alive:          dd 0
reschedule:     dd 0
idle_rounds:    dd 0
zero_pages:     dd 0
next_frame:     dd FRAMES
line_length:    dd 0
line_complete:  dd 0
current:        dd idle_process
updates:        times 2 * (USER_STACK - USER) / PAGE dd 0
LINE            equ 64
line:           times LINE db 0

idle_process:
        istruc process
        at process.stack, dd idle_stack
        at process.state, dd ENDED
        iend
processes:
        istruc process
        at process.stack, dd ping_stack
        iend
        istruc process
        at process.stack, dd pong_stack
        iend
processes_end:
PROCESSES       equ (processes_end - processes) / process_size

        align 16
        times 512 db 0
idle_stack:
        times 1024 db 0
ping_stack:
        times 1024 db 0
pong_stack:

        align PAGE
kernel_table:   times 1024 dd 0

; ---------------------------------------------------------------------------------------------------------------------
; Programs. Both processes see them at the same address, and pages of their own behind them.

programs:                               ; where they are loaded: the section follows
        section .programs vstart=USER follows=.text align=16
programs_start:

WRITE           equ 0
SLEEP           equ 1
EXIT            equ 2
GETPID          equ 3
READ            equ 4
OWN             equ ZERO_PAGES          ; a page that each process has for itself

%macro call_kernel 1-4
  %if %0 > 1
        mov ebx, %2
  %endif
  %if %0 > 2
        mov ecx, %3
  %endif
  %if %0 > 3
        mov edx, %4
  %endif
        mov eax, %1
        int 0x80
%endmacro

%macro say 1
        call_kernel WRITE, %1, %1_end - %1
%endmacro

; Writes, sleeps, reads a line.
ping:
        call_kernel GETPID
        mov [OWN], eax
        say ping_1
        call_kernel SLEEP, 4
        say ping_2
        call_kernel SLEEP, 8
        say ping_3
        mov eax, [OWN]
        cmp eax, 1                      ; nobody else has written there
        jne .wrong
        call_kernel READ, OWN, 32, 40
        test eax, eax
        jz .nobody
        mov edi, eax
        say ping_hello
        call_kernel WRITE, OWN, edi
        jmp .end
.nobody:
        say ping_nobody
.end:
        call_kernel EXIT
.wrong:
        mov byte [0], 0                 ; the kernel says so

; Computes without a break: the timer takes the processor from it. Ends by touching what is not its own.
pong:
        mov ecx, 30000
.count:
        inc dword [OWN]
        loop .count
        say pong_counted
        call_kernel SLEEP, 60
        cmp dword [OWN], 30000
        jne .wrong
        push dword [OWN + 4096]         ; one more, and the stack's
        say pong_end
        mov eax, [0x8000]
.wrong:
        call_kernel EXIT

%macro text 2+
%1:     db %2
%1_end:
%endmacro

        text ping_1, "ping: first", 10
        text ping_2, "ping: again, while pong computes", 10
        text ping_3, "ping: once more. What is your name?", 10
        text ping_hello, "ping: hello, "
        text ping_nobody, "ping: nobody there", 10
        text pong_counted, "pong: counted to 30000", 10
        text pong_end, "pong: reads the kernel's memory", 10
programs_end:
