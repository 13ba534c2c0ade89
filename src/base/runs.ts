/** Bytes as runs: a count, and one byte that is repeated (count 129 to 255: 2 to 128 times) or so many different ones (0 to 127: 1 to 128). After PackBits. */

const LONGEST = 128;

const runAt = (bytes: Uint8Array, at: number): number => {
  let end = at + 1;
  while (end < bytes.length && bytes[end] === bytes[at] && end - at < LONGEST) end++;
  return end - at;
};

export const encodeRuns = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / LONGEST) + 1);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const run = runAt(bytes, at);
    if (run > 1) {
      out[to++] = 257 - run;
      out[to++] = bytes[at];
      at += run;
      continue;
    }
    const start = at++;
    while (at < bytes.length && at - start < LONGEST && runAt(bytes, at) < 3) at++;
    out[to++] = at - start - 1;
    out.set(bytes.subarray(start, at), to);
    to += at - start;
  }
  return out.subarray(0, to);
};

/** `length`: of the result; what the runs do not fill stays 0, what is beyond it is left out. */
export const decodeRuns = (runs: Uint8Array, length: number): Uint8Array => {
  const out = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < runs.length && to < length; ) {
    const count = runs[at++];
    if (count > LONGEST) {
      out.fill(runs[at++], to, to + 257 - count);
      to += 257 - count;
    } else {
      const part = runs.subarray(at, at + Math.min(count + 1, length - to));
      out.set(part, to);
      at += count + 1;
      to += count + 1;
    }
  }
  return out;
};
