/** Executes one statement in one pass: defines its label, emits its bytes. */
import { PREFIXES } from '../x86/aliases';
import { encodeData } from './dataEncoder';
import { SourceError } from './diagnostics';
import { executeDirective } from './directives';
import { emit, padInstance, requireRoom, reserveBytes, warnZeroing } from './emit';
import type { Environment } from './environment';
import { evaluate } from './evaluate';
import type { EncodingContext } from './emission';
import { encodeInstruction } from './instructionEncoder';
import { padding } from './smartAlign';
import type { Align, At, Body, Data, DataItem, Incbin, Instruction, Label, Prefixes, Reserve, Statement } from './statement';
import type { Place } from './token';
import { subtract } from './value';

/** A mistake in the statement becomes a diagnostic; the pass goes on. */
export function execute(statement: Statement, environment: Environment): void {
  environment.path = statement.path;
  environment.line = statement.line;
  environment.place = statement.place;
  environment.here = environment.address;
  environment.relocations.length = 0;
  try {
    executeStatement(statement, environment);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    environment.diagnostics.error(error.message, statement.path, error.place ?? statement.place);
  }
}

function executeStatement({ label, times, body }: Statement, environment: Environment): void {
  if (label && body?.kind !== 'equ') defineLabel(label, environment);
  if (!body) return;
  const count = times ? environment.evaluateCount(times, 'TIMES value') : 1;
  if (body.kind === 'equ') {
    if (!label) throw new SourceError('EQU needs a label', body.place);
    environment.defineSymbol(environment.fullName(label.name), evaluate(body.value, environment), 'constant', label.place);
    if (!label.name.startsWith('.')) environment.localBase = label.name;
  } else repeat(body, count, environment);
}

function defineLabel(label: Label, environment: Environment): void {
  if (label.orphan) environment.warn(`label \`${label.name}' alone on a line without a colon might be a mistake`, label.place);
  const name = environment.fullName(label.name);
  if (!label.name.startsWith('.')) environment.localBase = label.name;
  environment.defineSymbol(name, environment.address, 'label', label.place);
}

/** Only a relative jump differs from one repetition to the next: `$` is the start of the line. */
function repeat(body: Body, count: number, environment: Environment): void {
  const relative = body.kind === 'instruction' && body.operands.some((operand) => operand.kind === 'immediate');
  if (!relative) return emitBody(body, count, environment);
  requireRoom(count, environment);
  for (let n = 0; n < count; n++) emitBody(body, 1, environment);
}

function emitBody(body: Body, times: number, environment: Environment): void {
  switch (body.kind) {
    case 'instruction':
      return emit(encode(body, environment), times, true, environment);
    case 'prefixes':
      return emit(prefixOnly(body, environment), times, true, environment);
    case 'data':
      return emitData(body, times, environment);
    case 'reserve':
      return reserve(body, times, environment);
    case 'incbin':
      return emit(incbin(body, environment), times, false, environment);
    case 'align':
      return align(body, environment);
    case 'at':
      return at(body, environment);
    case 'directive':
      return executeDirective(body, environment);
    case 'equ':
      throw new SourceError('EQU cannot be repeated or nested', body.place);
  }
}

function encode(instruction: Instruction, environment: Environment): Uint8Array {
  const { encoded } = environment.shared;
  const key = encoded.keyOf(instruction, environment);
  const known = key === undefined ? undefined : encoded.get(key);
  if (known && (known.quiet || !environment.final)) return known.bytes;
  let quiet = environment.final;
  const warn = (message: string, place: Place) => {
    quiet = false;
    environment.warn(message, place);
  };
  const bytes = encodeInstruction(instruction, { ...encodingContext(environment), warn });
  if (key !== undefined) encoded.set(key, { bytes, quiet });
  return bytes;
}

const encodingContext = (environment: Environment): EncodingContext => ({
  bits: environment.bits,
  cpu: environment.cpu,
  final: environment.final,
  scope: environment,
  at: environment.address,
  resolve: (value, place, field) => environment.resolve(value, place, field),
  relocations: environment.relocations,
  warn: (message, place) => environment.warn(message, place),
});

const PREFIX_ORDER = PREFIXES.map(({ group }) => group);

function prefixOnly({ prefixes }: Prefixes, { bits }: Environment): Uint8Array {
  const effective = prefixes.filter(({ group, value }) => !group.endsWith('Size') || value * 8 !== bits);
  const inOrder = effective.sort((a, b) => PREFIX_ORDER.indexOf(a.group) - PREFIX_ORDER.indexOf(b.group));
  return Uint8Array.from(inOrder.map(({ group, value }) => (group === 'operandSize' ? 0x66 : group === 'addressSize' ? 0x67 : value)));
}

function emitData(body: Data, times: number, environment: Environment): void {
  const nothing = body.items.every((item) => item.kind === 'uninitialized');
  if (nothing) return reserveBytes(body.items.length * body.unit * times, environment);
  if (body.items.some(isUninitialized)) warnZeroing(environment);
  emit(Uint8Array.from(encodeData(body.items, body.unit, encodingContext(environment))), times, false, environment);
}

const isUninitialized = (item: DataItem): boolean => item.kind === 'uninitialized';

function reserve(body: Reserve, times: number, environment: Environment): void {
  reserveBytes(environment.evaluateCount(body.count, 'count') * body.unit * times, environment);
}

function incbin(body: Incbin, environment: Environment): Uint8Array {
  const file = environment.shared.files.read(body.file, environment.path);
  if (!file) throw new SourceError(`cannot open file \`${body.file}'`, body.place);
  const skip = body.skip ? environment.evaluateCount(body.skip, 'number of bytes to skip') : 0;
  const count = body.count ? environment.evaluateCount(body.count, 'number of bytes') : file.bytes.length;
  return file.bytes.subarray(skip, skip + count);
}

function align(body: Align, environment: Environment): void {
  const boundary = environment.evaluateCritical(body.boundary, 'alignment');
  if (boundary <= 0n || boundary > 1n << 30n || (boundary & (boundary - 1n)) !== 0n) throw new SourceError(`alignment ${boundary} is not a power of two`, body.boundary.place);
  if (!environment.absolute && boundary > BigInt(environment.alignment)) environment.section.attributes.align = Number(boundary);
  const offset = subtract(environment.address, environment.sectionStart).number;
  const count = Number((boundary - (offset % boundary)) % boundary);
  const { smartAlign } = environment;
  if (body.smart && smartAlign) return emit(padding(count, environment.bits, smartAlign), 1, true, environment);
  repeat(body.fill, count, environment);
}

/** Fields are named as inside the structure, or in full; offsets count from its start. */
function at(body: At, environment: Environment): void {
  const { instance } = environment;
  if (!instance) throw new SourceError('AT outside ISTRUC', body.place);
  const outer = environment.localBase;
  environment.localBase = instance.name;
  const field = evaluate({ kind: 'binary', operator: '-', left: body.field, right: { kind: 'symbol', name: instance.name, place: body.place }, place: body.place }, environment);
  environment.localBase = outer;
  padInstance(environment, field.number);
  environment.here = environment.address;
  if (body.body) repeat(body.body, 1, environment);
}
