/** String instructions; with REP they resume where a fault or an interrupt stopped them (SDM Vol. 2, REP). */
import { type Row, row } from '../instructionSpec';

export const STRING: readonly Row[] = [
  row('A4', 'movsb', 'Yb Xb', { rep: 'rep', r: 'd', lift: 'movs' }),
  row('A5', 'movsw|movsd', 'Yv Xv', { rep: 'rep', r: 'd', lift: 'movs' }),
  row('A6', 'cmpsb', 'Xb Yb', { rep: 'repe', r: 'd', w: 'oszapc', lift: 'cmps' }),
  row('A7', 'cmpsw|cmpsd', 'Xv Yv', { rep: 'repe', r: 'd', w: 'oszapc', lift: 'cmps' }),
  row('AA', 'stosb', 'Yb AL', { rep: 'rep', r: 'd', lift: 'stos' }),
  row('AB', 'stosw|stosd', 'Yv eAX', { rep: 'rep', r: 'd', lift: 'stos' }),
  row('AC', 'lodsb', 'AL Xb', { rep: 'rep', r: 'd', lift: 'lods' }),
  row('AD', 'lodsw|lodsd', 'eAX Xv', { rep: 'rep', r: 'd', lift: 'lods' }),
  row('AE', 'scasb', 'AL Yb', { rep: 'repe', r: 'd', w: 'oszapc', lift: 'scas' }),
  row('AF', 'scasw|scasd', 'eAX Yv', { rep: 'repe', r: 'd', w: 'oszapc', lift: 'scas' }),
  row('6C', 'insb', 'Yb DX', { rep: 'rep', r: 'd', since: '186', flow: 'system', sensitivity: 'io', lift: 'ins' }),
  row('6D', 'insw|insd', 'Yv DX', { rep: 'rep', r: 'd', since: '186', flow: 'system', sensitivity: 'io', lift: 'ins' }),
  row('6E', 'outsb', 'DX Xb', { rep: 'rep', r: 'd', since: '186', flow: 'system', sensitivity: 'io', lift: 'outs' }),
  row('6F', 'outsw|outsd', 'DX Xv', { rep: 'rep', r: 'd', since: '186', flow: 'system', sensitivity: 'io', lift: 'outs' }),
];
