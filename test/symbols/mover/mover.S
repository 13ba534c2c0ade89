/* Copies itself 1 MiB higher and goes on there. */
    .set DISTANCE, 0x100000

    .section .multiboot, "a"
    .align 4
    .long 0x1BADB002, 0, -0x1BADB002

    .text
    .globl start
start:
    mov $0x80000, %esp
    call work
    mov $start, %esi
    mov $start + DISTANCE, %edi
    mov $end - start, %ecx
    rep movsb
    mov $moved + DISTANCE, %eax
    jmp *%eax
moved:
    call work
    hlt

work:
    nop
    inc %edx
    ret
end:
