/** I/O instructions, reason 30: unconditionally, or where a bit of the I/O bitmaps is set. SDM Vol. 3, table 27-5. */
import { hexh } from '../../base/bits';
import type { Instruction } from '../../x86/decoder';
import { ECX, EDX } from '../../x86/registers';
import type { ExitFormat, InstructionExits } from './family';

export interface IoExit {
  readonly reason: 'IO_INSTRUCTION';
  readonly port: number;
  readonly size: 1 | 2 | 4;
  readonly direction: 'in' | 'out';
  readonly string: boolean;
  readonly repeat: boolean;
  /** The port is an operand of the instruction, not DX. */
  readonly immediate: boolean;
}

const STRINGS = /^(ins|outs)/;

/** Bytes of one access. */
export function portSize({ spec, operandSize }: Instruction): 1 | 2 | 4 {
  return spec.operands.some((operand) => operand === 'AL' || operand === 'Xb' || operand === 'Yb') ? 1 : operandSize;
}

/** The port, where the instruction names it. */
export const fixedPort = ({ spec, immediate }: Instruction): number | undefined => (spec.operands.includes('Ib') ? immediate & 0xff : undefined);

export const portAccess: InstructionExits<IoExit> = {
  mayExit(instruction, vmcs) {
    if (!vmcs.has('useIoBitmaps')) return vmcs.has('unconditionalIoExiting');
    const port = fixedPort(instruction);
    return port === undefined || vmcs.interceptsPort(port, portSize(instruction));
  },
  exitOf({ instruction, context: { cpu }, vmcs }) {
    const { spec, repeat, addressSize } = instruction;
    const port = fixedPort(instruction) ?? cpu.reg(EDX) & 0xffff;
    const size = portSize(instruction);
    if (vmcs.has('useIoBitmaps') && !vmcs.interceptsPort(port, size)) return undefined;
    if (repeat !== 0 && cpu.regSized(ECX, addressSize) === 0) return undefined;
    return {
      reason: 'IO_INSTRUCTION',
      port,
      size,
      direction: spec.mnemonic.startsWith('in') ? 'in' : 'out',
      string: STRINGS.test(spec.mnemonic),
      repeat: repeat !== 0,
      immediate: fixedPort(instruction) !== undefined,
    };
  },
};

export const ioFormat: ExitFormat<IoExit> = {
  qualification: ({ port, size, direction, string, repeat, immediate }) =>
    ((size - 1) | (direction === 'in' ? 1 << 3 : 0) | (string ? 1 << 4 : 0) | (repeat ? 1 << 5 : 0) | (immediate ? 1 << 6 : 0) | (port << 16)) >>> 0,
  decode: ({ port, size, direction, string, repeat, immediate }) => [
    ['Port', hexh(port, 4)],
    ['Size', `${size} byte${size > 1 ? 's' : ''}`],
    ['Direction', direction.toUpperCase()],
    ['Operand', `${immediate ? 'immediate' : 'DX'}${string ? ', string' : ''}${repeat ? ', REP' : ''}`],
  ],
  sentence: ({ port, direction, repeat, string }) =>
    `${repeat ? 'REP ' : ''}${direction.toUpperCase()}${string ? 'S' : ''} ${direction === 'in' ? 'from' : 'to'} port ${hexh(port)}, which the I/O bitmaps or the controls give to the host.`,
  handling: ({ port, direction }) => `${direction === 'in' ? 'asked' : 'told'} the device at port ${hexh(port)}`,
};
