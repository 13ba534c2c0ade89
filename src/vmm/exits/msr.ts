/** RDMSR and WRMSR, reasons 31 and 32: without MSR bitmaps, outside their ranges, or where a bit is set. SDM Vol. 3, 25.1.3. */
import { hexh } from '../../base/bits';
import { ECX } from '../../x86/registers';
import type { ExitFormat, InstructionExits } from './family';

export interface MsrExit {
  readonly reason: 'RDMSR' | 'WRMSR';
  readonly msr: number;
}

export const msrAccess = (reason: MsrExit['reason']): InstructionExits<MsrExit> => ({
  mayExit: () => true,
  exitOf({ context: { cpu }, vmcs }) {
    const msr = cpu.reg(ECX);
    return !vmcs.has('useMsrBitmaps') || vmcs.interceptsMsr(msr, reason === 'WRMSR') ? { reason, msr } : undefined;
  },
});

export const msrFormat: ExitFormat<MsrExit> = {
  qualification: () => 0,
  decode: ({ msr }) => [['MSR (ECX)', hexh(msr)]],
  sentence: ({ reason, msr }) => `${reason} ${hexh(msr)}: the MSR bitmaps give that register to the host.`,
  handling: ({ reason, msr }) => (reason === 'RDMSR' ? `gave the guest its MSR ${hexh(msr)} in EDX:EAX` : `wrote the guest’s MSR ${hexh(msr)}`),
};
