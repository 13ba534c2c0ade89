; A guest that attacks the control structure which a hypervisor keeps for it: the instructions of VMX, of which it has none, and
; stores to physical memory beyond its own, above 4 GiB, where hypervisors keep theirs. It harms nobody, and cannot tell.
; expect: serial "PASS\n"
; expect: exit 0
%include "lib/protected.inc"

POINTERS        equ 0x100000
DIRECTORY       equ 0x101000
TABLE           equ 0x102000
PAGE            equ 0x200000            ; mapped by TABLE, entry 0

main:
        expect_fault 6, 0, db 0x0f, 0x01, 0xc2          ; vmlaunch
        expect_fault 6, 0, db 0x0f, 0x01, 0xc3          ; vmresume
        expect_fault 6, 0, db 0x0f, 0x01, 0xc4          ; vmxoff
        expect_fault 6, 0, db 0x0f, 0xc7, 0x30          ; vmptrld [eax]
        expect_fault 6, 0, db 0x0f, 0xc7, 0x38          ; vmptrst [eax]
        expect_fault 6, 0, db 0x66, 0x0f, 0xc7, 0x30    ; vmclear [eax]
        expect_fault 6, 0, db 0xf3, 0x0f, 0xc7, 0x30    ; vmxon [eax]

        mov edi, POINTERS
        mov ecx, 3 * 1024
        xor eax, eax
        cld
        rep stosd
        mov dword [POINTERS], DIRECTORY + 1
        mov dword [DIRECTORY], 0x83     ; the first 2 MiB as they are
        mov dword [DIRECTORY + 8], TABLE + 3
        mov dword [TABLE], 3
        mov dword [TABLE + 4], 1        ; 4 GiB
        mov eax, 0x20                   ; PAE
        mov cr4, eax
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        mov ebx, 64                     ; pages from there
.page:  mov edi, PAGE
        mov ecx, 1024
        mov eax, 0x5a5a5a5a
        rep stosd
        expect dword [PAGE], 0xffffffff ; nobody is there
        expect dword [PAGE + 0xffc], 0xffffffff
        add dword [TABLE], 0x1000
        invlpg [PAGE]
        dec ebx
        jnz .page
        pass
