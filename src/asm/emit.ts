/** Bytes and reservations into the current section or absolute segment, within the output's ceiling. */
import { SourceError } from './diagnostics';
import type { Environment } from './environment';
import { MAX_OUTPUT } from './section';
import { subtract } from './value';

export function requireRoom(bytes: number, environment: Environment): void {
  let used = environment.absolute ? environment.absolute.offset : 0;
  for (const section of environment.shared.sections.values()) if (!section.attributes.nobits) used += section.size;
  if (used + bytes > MAX_OUTPUT) throw new SourceError(`the output would be larger than ${MAX_OUTPUT >> 20} MiB`);
}

export function emit(bytes: Uint8Array, times: number, code: boolean, environment: Environment): void {
  const { section, absolute } = environment;
  const length = bytes.length * times;
  if (length === 0) return;
  if (absolute) throw new SourceError('attempt to assemble code in the absolute segment');
  if (section.attributes.nobits) return environment.warn(`\`${section.name}' has no bits: contents are ignored`);
  requireRoom(length, environment);
  if (environment.final) {
    section.addLine(length, environment.path, environment.line, environment.bits, code);
    if (times > 1 && environment.relocations.some(({ relative }) => relative)) throw new SourceError('a distance to another section cannot be repeated');
    for (let n = 0; n < times && environment.relocations.length > 0; n++)
      for (const relocation of environment.relocations) section.relocations.push({ ...relocation, offset: section.size + n * bytes.length + relocation.offset });
    environment.relocations.length = 0;
  }
  section.append(bytes, times, environment.final);
}

const ZERO = Uint8Array.of(0);
const MAX_ADDRESS = 2 ** 32;

export function reserveBytes(count: number, environment: Environment): void {
  const { absolute, section } = environment;
  const used = absolute ? absolute.offset : section.size;
  if (used + count > MAX_ADDRESS) throw new SourceError('reservation beyond 4 GiB');
  if (absolute) absolute.offset += count;
  else if (section.attributes.nobits) section.size += count;
  else {
    if (count > 0) warnZeroing(environment);
    emit(ZERO, count, false, environment);
  }
}

export const warnZeroing = (environment: Environment): void => environment.warn(`uninitialized space declared in ${environment.section.name} section: zeroing`);

/** Zeros up to `offset` from the start of the instance. */
export function padInstance(environment: Environment, offset: bigint): void {
  const { instance } = environment;
  const count = offset - subtract(environment.address, instance?.start ?? environment.address).number;
  if (count < 0n) throw new SourceError(`the structure's contents are ${-count} bytes too long before this field`);
  emit(ZERO, Number(count), false, environment);
}
