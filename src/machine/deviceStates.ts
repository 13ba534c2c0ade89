/** Interrupt controllers and timers for views: what each register holds, in the data sheets' terms. */
import { hexh } from '../base/bits';
import { ACTIVE_LOW, DELIVERY, deliveryOf, LEVEL_TRIGGERED, LOGICAL_DESTINATION, MASKED, REMOTE_IRR, VECTOR_MASK } from '../devices/apicMessage';
import type { DeviceState as Saved } from '../devices/contract';
import { LVT, SVR_ENABLE } from '../devices/localApicRegisters';
import { PIT_HZ } from '../devices/pit';
import type { DeviceRows, StateRow } from '../protocol/systemState';
import type { Board } from './board';

const row = (name: string, value: string, meaning?: string): StateRow => ({ name, value, ...(meaning ? { meaning } : {}) });
const number = (state: Saved, key: string): number => Number(state[key]);

/** `IRQ 0, 8`, by the bits of a chip that starts at `first`. */
function inputs(bits: number, first: number): string {
  const set = [0, 1, 2, 3, 4, 5, 6, 7].filter((n) => bits & (1 << n)).map((n) => n + first);
  return set.length > 0 ? `IRQ ${set.join(', ')}` : 'none';
}

function chipRows(name: string, chip: Saved, first: number): StateRow[] {
  return [
    row(`${name} vectors`, `${hexh(number(chip, 'base'), 2)} to ${hexh(number(chip, 'base') | 7, 2)}`, `of IRQ ${first} to ${first + 7} (ICW2)`),
    row(`${name} IRR`, hexh(number(chip, 'irr'), 2), `requested: ${inputs(number(chip, 'irr'), first)}`),
    row(`${name} ISR`, hexh(number(chip, 'isr'), 2), `in service: ${inputs(number(chip, 'isr'), first)}`),
    row(`${name} IMR`, hexh(number(chip, 'imr'), 2), `let through: ${inputs(~number(chip, 'imr') & 0xff, first)}`),
  ];
}

function picState({ pic }: Board): DeviceRows {
  const { master, slave } = pic.save() as { master: Saved; slave: Saved };
  const rows = [row('INTR', pic.pending ? '1' : '0', pic.pending ? 'an interrupt waits' : 'nothing waits'), ...chipRows('Master', master, 0), ...chipRows('Slave', slave, 8)];
  return { name: 'pic', title: '8259A interrupt controllers', rows };
}

const MODES = ['interrupt on terminal count', 'one-shot', 'rate generator', 'square wave', 'software strobe', 'hardware strobe'];
const USES = ['IRQ 0', 'memory refresh', 'speaker'];

function pitState({ pit }: Board): DeviceRows {
  const { counters } = pit.save() as { counters: Saved[] };
  const rows = counters.flatMap((counter, n) => {
    const hz = pit.frequency(n as 0 | 1 | 2);
    const mode = number(counter, 'mode');
    const rate = hz > 0 ? `${(hz >= 100 ? Math.round(hz) : Number(hz.toFixed(2))).toLocaleString('en-US')} Hz` : 'no count yet';
    return [
      row(`Counter ${n}`, rate, `${USES[n]}; mode ${mode}, ${MODES[mode]}${counter.bcd ? ', BCD' : ''}`),
      row(`Counter ${n} count`, String(number(counter, 'count')), `of ${PIT_HZ.toLocaleString('en-US')} Hz`),
    ];
  });
  return { name: 'pit', title: '8254 timer', rows };
}

/** SDM Vol. 3A, 11.5.1. */
const DELIVERIES: Readonly<Record<number, string>> = {
  [DELIVERY.FIXED]: 'fixed',
  [DELIVERY.LOWEST]: 'lowest priority',
  [DELIVERY.SMI]: 'SMI',
  [DELIVERY.NMI]: 'NMI',
  [DELIVERY.INIT]: 'INIT',
  [DELIVERY.EXTINT]: 'ExtINT',
};

const routing = (low: number): string =>
  [
    `vector ${hexh(low & VECTOR_MASK, 2)}`,
    low & MASKED ? 'masked' : '',
    DELIVERIES[deliveryOf(low)] ?? `delivery ${deliveryOf(low)}`,
    low & LEVEL_TRIGGERED ? 'level' : 'edge',
    low & ACTIVE_LOW ? 'active low' : 'active high',
    low & REMOTE_IRR && low & LEVEL_TRIGGERED ? 'waits for EOI' : '',
  ]
    .filter(Boolean)
    .join(', ');

/** A bit map of 256 vectors as 32-bit words: the vectors. */
function vectors(words: unknown): string {
  const set = (words as number[]).flatMap((word, n) => Array.from({ length: 32 }, (_, bit) => bit).flatMap((bit) => (word & (1 << bit) ? [hexh(32 * n + bit, 2)] : [])));
  return set.length > 0 ? set.join(' ') : 'none';
}

function localApicState({ localApic }: Board): DeviceRows {
  const state = localApic.save();
  const lvt = state.lvt as Saved;
  const enabled = number(state, 'svr') & SVR_ENABLE;
  const rows = [
    row('SVR', hexh(number(state, 'svr'), 8), enabled ? 'enabled by software' : 'disabled by software'),
    row('TPR', hexh(number(state, 'tpr'), 2), 'task priority'),
    row('IRR', vectors(state.irr), 'requested'),
    row('ISR', vectors(state.isr), 'in service'),
    row('LDR', hexh(number(state, 'ldr'), 8), 'logical destination'),
    row('ESR', hexh(number(state, 'esr'), 2), 'errors'),
    ...LVT.map(({ name }) => row(`LVT ${name.startsWith('lint') ? name.toUpperCase() : name}`, hexh(number(lvt, name), 8), routing(number(lvt, name)))),
  ];
  return { name: 'localApic', title: 'Local APIC', rows };
}

/** Pins that were never programmed say nothing. */
function ioApicState({ ioApic }: Board): DeviceRows {
  const { low, high } = ioApic.save() as { low: number[]; high: number[] };
  const rows = low.flatMap((entry, pin) => {
    if ((entry & ~MASKED) === 0 && entry & MASKED) return [];
    const to = high[pin] >>> 24;
    return [row(`Pin ${pin}`, hexh(entry, 8), `${routing(entry)}, to ${entry & LOGICAL_DESTINATION ? 'logical' : 'APIC'} ${to}`)];
  });
  return { name: 'ioApic', title: 'I/O APIC', rows: rows.length > 0 ? rows : [row('Pins', 'all masked', 'the guest has not programmed it')] };
}

export const deviceStates = (board: Board): DeviceRows[] => [picState(board), pitState(board), localApicState(board), ioApicState(board)];
