export function fat16Disk(files: Readonly<Record<string, Uint8Array>>): Buffer;
