; A near call and its return.
%include "nano.inc"
bench:  rounds call round
        ret
round:  ret
