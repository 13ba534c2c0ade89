/** The virtio devices of a machine: which there are, and in which slots of the PCI bus. */
import type { Clock, PhysicalMemory } from '../devices/contract';
import type { PciHost } from '../devices/pci/pciHost';
import { VirtioBlock } from '../devices/virtio/block';
import { VirtioConsole } from '../devices/virtio/console';
import { VirtioEntropy } from '../devices/virtio/entropy';
import { VirtioNetwork } from '../devices/virtio/network';
import { macAddress, type Switch } from '../devices/virtio/switch';
import type { VirtioDevice } from '../devices/virtio/virtioDevice';
import { VirtioPci } from '../devices/virtio/virtioPci';
import type { AttachedDrive } from './board';
import type { VirtioKind } from './configuration';

export interface VirtioOptions {
  readonly kinds: readonly VirtioKind[];
  /** Of the entropy device: 32 bits. */
  readonly entropySeed: number;
  /** Where the network card is plugged in; nowhere without. */
  readonly network?: Switch;
}

interface VirtioHost {
  readonly clock: Clock;
  readonly memory: PhysicalMemory;
  readonly pci: PciHost;
}

const SLOT = { network: 3, block: 4, console: 8, entropy: 9 } as const;

export class VirtioDevices {
  readonly transports: readonly VirtioPci[];
  readonly console: VirtioConsole | undefined;
  readonly network: VirtioNetwork | undefined;
  readonly #transports: VirtioPci[] = [];

  /** `disks`: those that are virtio block devices. */
  constructor(
    private readonly host: VirtioHost,
    { kinds, entropySeed, network }: VirtioOptions,
    disks: readonly AttachedDrive[],
  ) {
    if (kinds.includes('network')) this.network = this.#plug(SLOT.network, connect(network, host.clock));
    for (const [i, { image }] of disks.entries()) this.#plug(SLOT.block + i, new VirtioBlock(`virtioBlock${i}`, image));
    if (kinds.includes('console')) this.console = this.#plug(SLOT.console, new VirtioConsole('virtioConsole'));
    if (kinds.includes('entropy')) this.#plug(SLOT.entropy, new VirtioEntropy('virtioEntropy', entropySeed));
    this.transports = this.#transports;
  }

  #plug<T extends VirtioDevice>(slot: number, device: T): T {
    const transport = new VirtioPci(device, this.host);
    transport.line = this.host.pci.add(slot, 0, transport.pci);
    this.#transports.push(transport);
    return device;
  }
}

function connect(network: Switch | undefined, clock: Clock): VirtioNetwork {
  let card: VirtioNetwork | undefined;
  const port = network?.connect((frame) => card?.receive(frame));
  card = new VirtioNetwork('virtioNetwork', macAddress(port?.number ?? 0));
  card.sent.on((frame) => port?.send(frame, clock.now()));
  return card;
}
