/** Frames as a capture file that Wireshark and tcpdump read. Source: draft-ietf-opsawg-pcap, "PCAP Capture File Format", with nanoseconds. */
import { MAX_FRAME, type SwitchedFrame } from './switch';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;
const SECOND = 1_000_000_000;

const words = (...values: readonly [number, 2 | 4][]): number[] => values.flatMap(([value, size]) => Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 0xff));

/** What the file begins with. */
export const pcapHeader = (): Uint8Array => Uint8Array.from(words([MAGIC_NANOSECONDS, 4], [2, 2], [4, 2], [0, 4], [0, 4], [MAX_FRAME, 4], [LINKTYPE_ETHERNET, 4]));

/** One frame; time counts from the machine's power-on. */
export const pcapRecord = ({ time, frame }: Pick<SwitchedFrame, 'time' | 'frame'>): Uint8Array => {
  const header = words([Math.floor(time / SECOND), 4], [time % SECOND, 4], [frame.length, 4], [frame.length, 4]);
  return Uint8Array.from([...header, ...frame]);
};
