/** `--capture FILE`: what went over the switch between the VMs, for Wireshark and tcpdump. */
import { pcapHeader, pcapRecord } from '../devices/virtio/pcap';
import type { Switch } from '../devices/virtio/switch';
import type { CliEnvironment, OptionSpec } from './command';

export const CAPTURE_OPTION: OptionSpec = {
  name: 'capture',
  value: 'FILE',
  help: 'write the frames that virtio network cards sent as a capture file (pcap); their times are the senders’ guest times',
};

/** Note every frame from now on; the result writes them to `path`, if there is one. */
export function captureFrames(network: Switch, path: string | undefined, { writeFile }: CliEnvironment): () => void {
  if (path === undefined) return () => {};
  const parts = [pcapHeader()];
  network.frames.on((frame) => parts.push(pcapRecord(frame)));
  return () => {
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    writeFile(path, bytes);
  };
}
