export interface Entry {
  readonly name: string;
  readonly kind: 'directory' | 'file' | 'device';
  readonly permissions: number;
  readonly content?: string | Uint8Array;
  readonly device?: readonly [major: number, minor: number];
}
export function cpio(entries: readonly Entry[]): Uint8Array;
