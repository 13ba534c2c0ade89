/**
 * Mnemonics that NASM knows beside those of the instruction table and of iced-x86: other names of an operation, sizes as
 * suffixes, predicates as parts of the name (NASM manual, appendix "Instruction List"), and extensions newer than iced's
 * list (Intel Architecture Instruction Set Extensions: AVX10.2, AMX, APX; AMD64 vol. 3). Alternatives are in braces.
 */
import { expand } from './braces.mjs';

const CONDITIONS = '{o,no,b,c,nae,ae,nb,nc,e,z,ne,nz,be,na,a,nbe,s,ns,p,pe,np,po,l,nge,ge,nl,le,ng,g,nle}';
const FLAG_CONDITIONS = CONDITIONS.replace('p,pe,np,po,', '').replace('}', ',t,f}');

const CONTROL = expand('loop{,e,ne,z,nz}{w,d,q} ret{,n,f}q ret{n,f} jmpabs');

const GENERAL = expand(`
  set${CONDITIONS}zu cfcmov${CONDITIONS} cmp${CONDITIONS}xadd ccmp${FLAG_CONDITIONS} ctest${FLAG_CONDITIONS}
  add{b,d,q,w} and{b,d,q,w} mov{b,w,abs,rs} mov{s,z}x{b,w,d} not{b,w,d,q} or{b,w,d,q} xor{b,w,d,q} xnor{,b,w,d,q} test{b,w,d,q}
  andn{b,w,d,q} sh{l,r}{b,w,d,q} shift{l,r}{,b,w,d,q} ortest{,b,w,d,q} unpck{,bw,wd,dq,w,d,q} {ro,sa}lx
  enter{w,d,q} leave{w,d,q} nop2 ud2{a,b} ud{b,w} brkpt cmpxchg486 loadall{,286} monitor{,d,q,w} pop{p,2,2p} push{p,2,2p} prefetchrst2
  hint_nop{0..63} smintold smi urdmsr uwrmsr`);

const FORMATS = '{pd,ps,sd,ss}';
const INTEGER = '{b,w,d,q,ub,uw,ud,uq}';

const SIMD = expand(`
  vcmp{eq,neq}{,_oq,_os,_uq,_us}${FORMATS} vcmp{lt,le,ge,gt,false}{,_oq,_os}${FORMATS} vcmp{nlt,nle,nge,ngt,true}{,_uq,_us}${FORMATS} vcmp{,un}ord{,_q,_s}${FORMATS}
  vpcmp{eq,neq,lt,nlt,le,nle,ge,gt,ngt}${INTEGER}
  k{add,and,andn,not,or,ortest,test,xnor,xor,mov,shiftl,shiftr,shl,shr}{,b,w,d,q} kunpck{,bw,wd,dq,w,d,q}
  vf{,n}m{add,sub}{123,312,321}${FORMATS} vfm{addsub,subadd}{123,312,321}{pd,ps}
  vf{,n}m{add,sub}{132,213,231}bf16 v{add,cmp,comis,div,fpclass,getexp,getmant,max,min,minmax,mul,rcp,reduce,rndscale,rsqrt,scalef,sqrt,sub}bf16
  v{,u}comxs{d,h,s} vminmax{pd,ph,ps,sd,sh,ss} vdpphps vendscale{ph,sh}
  {,v}pclmul{h,l}q{h,l}qdq vlddqu vldqqu vmovntqq vmovqqa vmovqqu pmulhrw{a,c} vbcstnebf16ps vbitrev vbmac{,x}or16x16x16
  vcvt{2ph2,biasph2,ph2}{bf8,hf8}{,s} vcvthf82ph vcvt2ps2phx vcvt{,t}{bf162,ph2,ps2}i{,u}bs vcvttp{d,s}2{,u}{d,q}qs vcvttp{d,s}2{,u}dqs vcvtts{d,s}2{,u}sis
  t2rpntlvwz{0,1}{,rs}{,t1} {,t}tcmm{im,rl}fp16ps tconjtcmmimfp16ps tconjtfp16 tcvtrowd2ps tcvtrowps2{bf16,ph}{h,l}
  tdp{bf8,bhf8,hbf8,hf8}ps tileloaddrs{,t1} tilemovrow t{,t}mmultf32ps ttdp{bf16,fp16}ps ttransposed`);

export const NASM_MNEMONICS = { control: CONTROL, innocuous: GENERAL, simd: SIMD };
