; Port I/O: IN from port 80h.
%include "nano.inc"
bench:  rounds in al, 0x80
        ret
