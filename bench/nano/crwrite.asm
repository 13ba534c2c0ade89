; A write to a control register that needs no work: CLTS. Stands in for MOV to CR8, which 32-bit code does not have.
%include "nano.inc"
bench:  rounds clts
        ret
