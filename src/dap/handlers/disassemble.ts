import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../base/bits';
import { formatAddress } from '../../debug/breakpoints';
import { disassembleAround } from '../../debug/disassembly';
import { boolean, count, integer, optional, shape, string } from '../arguments';
import { handler } from '../handler';
import { parseReference } from '../memoryReference';
import { clientLine, sourceOf } from '../sessionContext';

const MOST = 4096;

/** Never fewer rows than asked: what does not exist is filled up with rows marked invalid, whose addresses still ascend. */
export const disassemble = handler(
  'disassemble',
  shape({
    memoryReference: string,
    offset: optional(integer),
    instructionOffset: optional(integer),
    instructionCount: count(MOST),
    resolveSymbols: optional(boolean),
  }),
  {
    capabilities: { supportsDisassembleRequest: true },
    run(session, args) {
      const { target } = session;
      const { address } = parseReference(target, args.memoryReference, 'memoryReference', args.offset);
      const skip = Math.min(MOST, Math.max(-MOST, args.instructionOffset ?? 0));
      const rows = disassembleAround(target.vm, target.sourceMap, address, skip, args.instructionCount);
      let line = '';
      const instructions = rows.map((row): DebugProtocol.DisassembledInstruction => {
        // Rows outside the address space are decimal, which reads as a number too, signed if need be.
        const within = row.address >= 0 && row.address <= 0xffffffff;
        const base = { address: within ? formatAddress(row.address) : String(row.address), instruction: row.valid ? row.text : row.text || '??' };
        if (!row.valid) return { ...base, presentationHint: 'invalid' };
        const place = target.sourceMap.location(row.address);
        const key = place ? `${place.path}:${place.line}` : '';
        const fresh = place && key !== line;
        line = key;
        const symbol = args.resolveSymbols === false ? undefined : target.symbols.labelAt(row.address);
        return {
          ...base,
          instructionBytes: [...row.bytes].map((b) => hex(b, 2)).join(' '),
          ...(symbol && { symbol }),
          ...(fresh && { location: sourceOf(place.path), line: clientLine(session, place.line) }),
        };
      });
      return { instructions };
    },
  },
);
