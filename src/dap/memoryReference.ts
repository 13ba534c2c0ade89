/** Memory references: `0x00007c00` guest-linear, `phys:0x00001000` guest-physical, or any address expression. */
import { UserError } from '../base/userError';
import { formatAddress } from '../debug/breakpoints';
import { evaluate, type Value } from '../debug/expressions';
import type { DebugTarget } from '../debug/target';
import { badFrame } from './errors';

export interface MemoryReference {
  readonly space: 'linear' | 'physical';
  readonly address: number;
}

const TOP = 0x1_0000_0000;

export function parseReference(target: DebugTarget, text: string, field: string, offset = 0): MemoryReference {
  const direct = /^(phys:)?0x([0-9a-f]+)$/i.exec(text.trim());
  if (direct) return { space: direct[1] ? 'physical' : 'linear', address: Number.parseInt(direct[2], 16) + offset };
  if (/^-?\d+$/.test(text.trim())) return { space: 'linear', address: Number(text) + offset };
  try {
    const value = evaluate(text, target.context);
    if (value.physical !== undefined) return { space: 'physical', address: value.physical + offset };
    return { space: 'linear', address: (value.linear ?? value.value) + offset };
  } catch (error) {
    if (error instanceof UserError) throw badFrame(`${field}: ${error.message}`);
    throw error;
  }
}

export const formatReference = ({ space, address }: MemoryReference): string => `${space === 'physical' ? 'phys:' : ''}${formatAddress(address)}`;

/** Where the memory view of a value opens: the memory it came from or points at. */
export function referenceOf(value: Value): string | undefined {
  if (value.physical !== undefined) return formatReference({ space: 'physical', address: value.physical });
  return value.linear === undefined ? undefined : formatReference({ space: 'linear', address: value.linear });
}

/** `count` bytes; shorter where memory ends. Bytes below address 0 do not exist. */
export function readMemory(target: DebugTarget, { space, address }: MemoryReference, count: number): Uint8Array {
  if (address < 0 || address >= TOP) return new Uint8Array();
  const length = Math.min(count, TOP - address);
  return space === 'physical' ? target.vm.readPhysical(address, length) : target.vm.readLinear(address, length);
}

export function writeMemory(target: DebugTarget, { space, address }: MemoryReference, bytes: Uint8Array): number {
  if (address < 0 || address >= TOP) return 0;
  const fitting = bytes.subarray(0, TOP - address);
  return space === 'physical' ? target.vm.writePhysical(address, fitting) : target.vm.writeLinear(address, fitting);
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function decodeBase64(text: string, field: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    throw badFrame(`${field} must be base64.`);
  }
}
