/** The VMCS as a debugger shows it: every field with its value as text, the control bits that are set, and what VM entry would say. */
import type { VmcsFieldRow, VmcsResponse } from '../../protocol/requests';
import { bitsOf } from './controls';
import { checkEntry } from './entryChecks';
import { VMCS_FIELDS, type VmcsField, isNatural } from './fields';
import type { Vmcs } from './vmcs';

const hexOf = (value: number, { width }: VmcsField): string =>
  BigInt.asUintN(64, BigInt(value))
    .toString(16)
    .toUpperCase()
    .padStart(width / 4, '0');

function row(vmcs: Vmcs, field: VmcsField): VmcsFieldRow {
  const value = vmcs.read(field.name);
  const bits = bitsOf(field.name).filter(({ bit }) => value & (1 << bit));
  return {
    encoding: field.encoding,
    name: field.name,
    title: field.title,
    area: field.area,
    width: isNatural(field) ? 'natural' : field.width,
    value: `${hexOf(value, field)}h`,
    settable: field.area !== 'exit',
    ...(bits.length > 0 ? { bits: bits.map(({ name }) => name) } : {}),
  };
}

export const vmcsView = (vmcs: Vmcs, walks: VmcsResponse['walks']): VmcsResponse => ({
  fields: VMCS_FIELDS.map((field) => row(vmcs, field)),
  failures: checkEntry(vmcs).map(({ sentence }) => sentence),
  ...(walks ? { walks } : {}),
});
