; In the style of forkwait: a process is forked, its child touches pages, ends, and is waited for. Pages are copied on write:
; forking makes the entries of both read-only, a store faults, and the page gets a copy and its right to be stored to back.
%include "nano.inc"
DATA    equ 0x200000                    ; pages of the process, and where the child's copies go
COPIES  equ 0x300000
PAGES   equ 32
TOUCHED equ 8                           ; by the child and, after it, by the parent
CHILD_DIRECTORY equ 0x92000
CHILD_TABLE equ 0x93000
FIRST   equ (DATA >> 12) * 4            ; offset of the first page's entry

bench:  mov word [idt + 8 * 14], copy_on_write
        mov word [idt + 8 * 3], exited
        mov word [idt + 8 * 3 + 2], 8
        mov word [idt + 8 * 3 + 4], 0xee00
        mov dword [tss + 4], 0x6000
        mov dword [tss + 8], 0x10
        mov dword [CHILD_DIRECTORY], CHILD_TABLE + 7
        mov edi, COUNT
next:
%ifndef EMPTY
        push edi
        call fork
        mov eax, CHILD_DIRECTORY
        mov cr3, eax
        mov [resume], esp
        push dword 0x23                 ; the child: ring 3
        push dword 0x5000
        push dword 2
        push dword 0x1b
        push dword child
        mov ax, 0x23
        mov ds, ax
        mov es, ax
        iret
%endif
waited:
%ifndef EMPTY
        call touch                      ; the parent again
        pop edi
%endif
        dec edi
        jnz next
        ret

; The child has the parent's pages; neither may store to them.
fork:   mov esi, PAGE_TABLE
        mov edi, CHILD_TABLE
        mov ecx, 1024
.copy:  mov eax, [esi]
        mov [edi], eax
        add esi, 4
        add edi, 4
        dec ecx
        jnz .copy
        mov ecx, PAGES
        mov esi, FIRST
.share: and dword [PAGE_TABLE + esi], -3
        and dword [CHILD_TABLE + esi], -3
        add esi, 4
        dec ecx
        jnz .share
        mov eax, cr3
        mov cr3, eax
        ret

touch:  mov edi, DATA
        mov ecx, TOUCHED
.page:  mov [edi], ecx
        add edi, 0x1000
        dec ecx
        jnz .page
        ret

child:  call touch
        int 3                           ; exit

exited: mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov esp, [resume]
        jmp waited

; The child's store: a page of its own. The parent's, with the child gone: the right to store.
copy_on_write:
        add esp, 4
        pushad
        mov ebx, cr2
        and ebx, 0xfffff000
        mov edx, cr3
        mov esi, ebx
        shr esi, 10
        cmp edx, PAGE_DIRECTORY
        je .own
        lea edi, [ebx + COPIES - DATA]
        mov eax, edi
        or eax, 7
        mov [CHILD_TABLE + esi], eax
        mov esi, ebx
        mov ecx, 1024
.copy:  mov eax, [esi]
        mov [edi], eax
        add esi, 4
        add edi, 4
        dec ecx
        jnz .copy
        jmp .done
.own:   or dword [PAGE_TABLE + esi], 2
.done:  invlpg [ebx]
        popad
        iret

resume: dd 0
