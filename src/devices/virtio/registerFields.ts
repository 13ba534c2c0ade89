/** Registers as rows, each with its own width: reads may have any width, writes must have the register's. */
import type { AccessSize } from '../contract';

export interface Field {
  readonly offset: number;
  readonly size: AccessSize;
  read(): number;
  /** Read-only without. */
  write?(value: number): void;
}

/** Little-endian; what no row has is 0. Each row is read once. */
export const readFields = (fields: readonly Field[], offset: number, size: AccessSize): number => {
  let value = 0;
  for (const field of fields) {
    if (field.offset >= offset + size || field.offset + field.size <= offset) continue;
    const shift = 8 * (field.offset - offset);
    value += shift >= 0 ? (field.read() % 2 ** (8 * size - shift)) * 2 ** shift : Math.floor(field.read() / 2 ** -shift);
  }
  return value % 2 ** (8 * size);
};

export const writeFields = (fields: readonly Field[], offset: number, size: AccessSize, value: number): void => {
  fields.find((field) => field.offset === offset && field.size === size)?.write?.(value);
};
