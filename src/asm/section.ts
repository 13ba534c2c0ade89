/** A section of the flat binary: its attributes, bytes and lines, while passes fill it. */
import type { Relocation } from './object/relocation';
import type { Unknown } from './value';

/** No output is larger; a runaway TIMES stops here. */
export const MAX_OUTPUT = 64 << 20;

export interface SectionAttributes {
  start?: bigint;
  vstart?: bigint;
  follows?: string;
  vfollows?: string;
  align?: number;
  nobits?: boolean;
  /** Of an object file's section: in memory, executable, writable. */
  alloc?: boolean;
  exec?: boolean;
  write?: boolean;
}

export interface SectionLine {
  readonly offset: number;
  length: number;
  readonly path: string;
  readonly line: number;
  readonly bits: 16 | 32;
  readonly code: boolean;
}

export class Section implements Unknown {
  readonly type = 'section';
  readonly once: ReadonlyMap<Unknown, bigint> = new Map([[this, 1n]]);
  attributes: SectionAttributes = {};
  /** Bytes so far: the offset of `$`. */
  size = 0;
  lines: SectionLine[] = [];
  /** What a linker completes; places from the start of the section. */
  relocations: Relocation[] = [];
  private buffer = new Uint8Array(0);

  constructor(readonly name: string) {}

  beginPass(): void {
    this.size = 0;
    this.lines = [];
    this.relocations = [];
    this.attributes = this.name === '.bss' ? { nobits: true } : {};
  }

  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.size);
  }

  /** Append `bytes`, `times` over; only the last pass keeps them. */
  append(bytes: Uint8Array, times: number, keep: boolean): void {
    const end = this.size + bytes.length * times;
    if (keep) {
      this.reserve(end);
      if (bytes.every((byte) => byte === bytes[0])) this.buffer.fill(bytes[0], this.size, end);
      else for (let at = this.size; at < end; at += bytes.length) this.buffer.set(bytes, at);
    }
    this.size = end;
  }

  private reserve(size: number): void {
    if (size <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(size, Math.min(MAX_OUTPUT, this.buffer.length * 2), 512));
    grown.set(this.buffer);
    this.buffer = grown;
  }

  addLine(length: number, path: string, line: number, bits: 16 | 32, code: boolean): void {
    const last = this.lines[this.lines.length - 1];
    if (last && last.path === path && last.line === line && last.code === code && last.bits === bits && last.offset + last.length === this.size) last.length += length;
    else this.lines.push({ offset: this.size, length, path, line, bits, code });
  }
}
