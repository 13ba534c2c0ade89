/** Later instructions on general registers, of the system and of virtualization: SDM Vol. 2 and 3, chapter 30; AMD64 APM Vol. 3. */
import { type AssemblyRow, PADLOCK, of } from './laterRow';

const sse3 = of('SSE3');
const sse42 = of('SSE4.2');
const bmi = of('BMI1');
const bmi2 = of('BMI2');
const mpx = of('MPX');
const rtm = of('RTM');
const smap = of('SMAP');
const xsave = of('XSAVE');
const vmx = of('VMX');
const svm = of('SVM');
const padlock = of(PADLOCK);

/** Opcodes that were set aside for hints. */
const NOP = { fate: 'nop' };

/** PadLock's repeat by themselves; only XSTORE does not: opcode's last bytes, mnemonic. */
const REPEATING: readonly (readonly [bytes: string, mnemonic: string])[] = [
  ['A7 C8', 'xcryptecb'],
  ['A7 D0', 'xcryptcbc'],
  ['A7 D8', 'xcryptctr'],
  ['A7 E0', 'xcryptcfb'],
  ['A7 E8', 'xcryptofb'],
  ['A6 C0', 'montmul'],
  ['A6 C8', 'xsha1'],
  ['A6 D0', 'xsha256'],
];

export const LATER_GENERAL: readonly AssemblyRow[] = [
  // Before, rather than later: from the 286 on 0F begins a longer opcode.
  ...of('the 8086')('0F', 'pop', 'CS', { until: '8086' }),

  ...sse3('DF /1', 'fisttp', 'Mw'),
  ...sse3('DB /1', 'fisttp', 'Md'),
  ...sse3('DD /1', 'fisttp', 'Mq'),
  ...sse3('0F 01 C8', 'monitor'),
  ...sse3('0F 01 C8', 'monitor', 'EAX ECX EDX'),
  ...sse3('0F 01 C9', 'mwait'),
  ...sse3('0F 01 C9', 'mwait', 'EAX ECX'),

  ...sse42('F2 0F 38 F0 /r', 'crc32', 'Gd Eb'),
  ...sse42('F2 0F 38 F1 /r', 'crc32', 'Gd Ev'),
  ...of('POPCNT')('F3 0F B8 /r', 'popcnt', 'Gv Ev'),
  ...of('MOVBE')('0F 38 F0 /r', 'movbe', 'Gv Mv'),
  ...of('MOVBE')('0F 38 F1 /r', 'movbe', 'Mv Gv'),
  ...of('LZCNT')('F3 0F BD /r', 'lzcnt', 'Gv Ev', { fate: 'bsr' }),
  ...of('ADX')('66 0F 38 F6 /r', 'adcx', 'Gd Ed'),
  ...of('ADX')('F3 0F 38 F6 /r', 'adox', 'Gd Ed'),
  ...of('RDRAND')('0F C7 /6', 'rdrand', 'Rv'),
  ...of('RDSEED')('0F C7 /7', 'rdseed', 'Rv'),
  ...of('RDTSCP')('0F 01 F9', 'rdtscp'),
  ...of('PREFETCHW')('0F 0D /1', 'prefetchw', 'M', { fate: 'nop' }),
  ...of('CLFLUSHOPT')('66 0F AE /7', 'clflushopt', 'M'),
  ...of('CLWB')('66 0F AE /6', 'clwb', 'M'),
  ...of('PCOMMIT, which was given up,')('66 0F AE F8', 'pcommit'),

  ...bmi('F3 0F BC /r', 'tzcnt', 'Gv Ev', { fate: 'bsf' }),
  ...bmi('VEX NP 0F 38 F2 /r', 'andn', 'Gd Bd Ed'),
  ...bmi('VEX NP 0F 38 F3 /1', 'blsr', 'Bd Ed'),
  ...bmi('VEX NP 0F 38 F3 /2', 'blsmsk', 'Bd Ed'),
  ...bmi('VEX NP 0F 38 F3 /3', 'blsi', 'Bd Ed'),
  ...bmi('VEX NP 0F 38 F7 /r', 'bextr', 'Gd Ed Bd'),
  ...bmi2('VEX NP 0F 38 F5 /r', 'bzhi', 'Gd Ed Bd'),
  ...bmi2('VEX F2 0F 38 F5 /r', 'pdep', 'Gd Bd Ed'),
  ...bmi2('VEX F3 0F 38 F5 /r', 'pext', 'Gd Bd Ed'),
  ...bmi2('VEX F2 0F 38 F6 /r', 'mulx', 'Gd Bd Ed'),
  ...bmi2('VEX F2 0F 3A F0 /r', 'rorx', 'Gd Ed Ib'),
  ...bmi2('VEX 66 0F 38 F7 /r', 'shlx', 'Gd Ed Bd'),
  ...bmi2('VEX F3 0F 38 F7 /r', 'sarx', 'Gd Ed Bd'),
  ...bmi2('VEX F2 0F 38 F7 /r', 'shrx', 'Gd Ed Bd'),

  ...mpx('F3 0F 1B /r', 'bndmk', 'rB Mib', NOP),
  ...mpx('66 0F 1A /r', 'bndmov', 'rB mB', NOP),
  ...mpx('66 0F 1B /r', 'bndmov', 'mB rB', NOP),
  ...['F3 0F 1A bndcl', 'F2 0F 1A bndcu', 'F2 0F 1B bndcn'].flatMap((line) => ['Rd', 'M'].flatMap((what) => mpx(`${line.slice(0, 8)} /r`, line.slice(9), `rB ${what}`, NOP))),
  ...mpx('NP 0F 1A /r', 'bndldx', 'rB Mib', NOP),
  ...mpx('NP 0F 1B /r', 'bndstx', 'Mib rB', NOP),

  ...rtm('C6 F8', 'xabort', 'Ib'),
  ...rtm('C7 F8', 'xbegin', 'Jz'),
  ...rtm('0F 01 D5', 'xend'),
  ...rtm('0F 01 D6', 'xtest'),

  ...smap('0F 01 CA', 'clac'),
  ...smap('0F 01 CB', 'stac'),
  ...xsave('0F 01 D0', 'xgetbv'),
  ...xsave('0F 01 D1', 'xsetbv'),
  ...xsave('NP 0F AE /4', 'xsave', 'M'),
  ...xsave('NP 0F AE /5', 'xrstor', 'M'),
  ...of('XSAVEOPT')('NP 0F AE /6', 'xsaveopt', 'M'),
  ...of('INVPCID')('66 0F 38 82 /r', 'invpcid', 'Gd Mx'),

  ...vmx('0F 01 C2', 'vmlaunch'),
  ...vmx('0F 01 C3', 'vmresume'),
  ...vmx('0F 01 C4', 'vmxoff'),
  ...vmx('0F 01 D4', 'vmfunc'),
  ...vmx('NP 0F C7 /6', 'vmptrld', 'M'),
  ...vmx('NP 0F C7 /7', 'vmptrst', 'M'),
  ...vmx('66 0F C7 /6', 'vmclear', 'M'),
  ...vmx('F3 0F C7 /6', 'vmxon', 'M'),
  ...vmx('NP 0F 78 /r', 'vmread', 'Ed Gd'),
  ...vmx('NP 0F 79 /r', 'vmwrite', 'Gd Ed'),
  ...vmx('66 0F 38 80 /r', 'invept', 'Gd Mx'),
  ...vmx('66 0F 38 81 /r', 'invvpid', 'Gd Mx'),

  ...svm('0F 01 D8', 'vmrun'),
  ...svm('0F 01 DA', 'vmload'),
  ...svm('0F 01 DB', 'vmsave'),
  ...svm('0F 01 DC', 'stgi'),
  ...svm('0F 01 DD', 'clgi'),

  ...padlock('0F A7 C0', 'xstore'),
  ...REPEATING.flatMap(([bytes, mnemonic]) => padlock(`F3 0F ${bytes}`, mnemonic)),
];
