/** How generated code looks into the software TLB (memory/layout): the entry for an address, and where that is in the VM's memory. */
import { ENTRY_FLAGS, PAGE, TLB } from '../../memory/layout';
import { type Code, OP } from './encoder';

const PAGE_SHIFT = Math.log2(PAGE);
/** log2 of the bytes of an entry. */
const ENTRY_SHIFT = 2;

/** The entry of the page of the address on the stack. */
export const pushEntry = (code: Code): Code =>
  code
    .constant(PAGE_SHIFT - ENTRY_SHIFT)
    .op(OP.shrU)
    .constant(((1 << (32 - PAGE_SHIFT)) - 1) << ENTRY_SHIFT)
    .op(OP.and)
    .memory(OP.load, TLB);

/** Into what is on the stack, CROSSES_PAGE if `bytes` at the address in a local do. */
export function orCrossing(code: Code, address: number, bytes: number): void {
  code
    .get(address)
    .constant(PAGE - 1)
    .op(OP.and)
    .constant(bytes - 1)
    .op(OP.add)
    .constant(PAGE_SHIFT)
    .op(OP.shrU, OP.or);
}

/** Where the address in a local is, by the entry in another. */
export const pushHost = (code: Code, address: number, entry: number): Code => code.get(address).get(entry).constant(~ENTRY_FLAGS).op(OP.and, OP.add);
