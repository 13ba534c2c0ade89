/** A machine that the BIOS has halted for good, because it could not go on. */
import type { DebugMachine } from './debugMachine';
import { instructionPointer } from './codeView';

/** The segment of the system's BIOS. */
const ROM = { first: 0xf0000, last: 0xfffff } as const;

/** What the BIOS wrote last, on a screen in text mode; undefined when it was not the BIOS that halted. */
export function firmwareHalt({ vm, screen }: Pick<DebugMachine, 'vm' | 'screen'>, interruptsEnabled: boolean): string | undefined {
  const at = instructionPointer(vm);
  if (interruptsEnabled || at < ROM.first || at > ROM.last) return undefined;
  const said = screen().lines.findLast((line) => line.trim() !== '');
  return `The BIOS halted the machine${said === undefined ? '.' : `: ${said.trim()}`}`;
}
