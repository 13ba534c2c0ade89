/** Floating-point constants for dw, dd, dq and dt, little-endian. dt takes its fraction from a double. */

export function floatBytes(text: string, size: number, negative = false): Uint8Array | undefined {
  const value = Number(text.replaceAll('_', '')) * (negative ? -1 : 1);
  const view = new DataView(new ArrayBuffer(size));
  if (size === 2) setHalf(view, value);
  else if (size === 4) view.setFloat32(0, value, true);
  else if (size === 8) view.setFloat64(0, value, true);
  else if (size === 10) setExtended(view, value);
  else return undefined;
  return new Uint8Array(view.buffer);
}

/** Sign and 15-bit exponent, then a significand with an explicit leading one (SDM Vol. 1, 4.2.2). */
function setExtended(view: DataView, value: number): void {
  const double = new DataView(new ArrayBuffer(8));
  double.setFloat64(0, value);
  const raw = double.getBigUint64(0);
  const sign = Number(raw >> 63n) << 15;
  const exponent = Number((raw >> 52n) & 0x7ffn);
  if (exponent === 0) return view.setUint16(8, sign, true);
  view.setBigUint64(0, (1n << 63n) | ((raw & 0xfffffffffffffn) << 11n), true);
  view.setUint16(8, sign | (exponent === 0x7ff ? 0x7fff : exponent - 1023 + 16383), true);
}

/** Sign, 5-bit exponent, 10-bit fraction (SDM Vol. 1, 4.2.2); rounds to nearest. */
function setHalf(view: DataView, value: number): void {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const units = magnitude === 0 ? 0 : Math.round(magnitude / 2 ** (exponent - 10));
  // A fraction that rounds up to 2048 units carries into the exponent by itself.
  const bits = magnitude >= 65520 ? 0x7c00 : units + (units < 1024 ? 0 : (exponent + 14) << 10);
  view.setUint16(0, sign | bits, true);
}
