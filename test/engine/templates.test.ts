/** Records that are made from bytes which have been decoded before are those that decoding makes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instruction, MAX_INSTRUCTION_LENGTH, decode } from '../../src/x86/decoder';
import { RECORD, RECORD_SIZE } from '../../src/engine/record';
import { RecordWriter } from '../../src/engine/recordWriter';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';
import { Templates } from '../../src/engine/templates';
import { RAM, RECORDS } from '../../src/memory/layout';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { generator } from '../x86/randomInstructions';
import { TestCpu } from '../harness/testCpu';

/** All but what belongs to the place of the instruction. */
const recordAt = (u8: Uint8Array, at: number): string => Buffer.from(u8.subarray(at, at + RECORD.EIP)).toString('hex');

test('whatever has been met before has the record that decoding it again makes', () => {
  const cpu = new TestCpu();
  cpu.flat32();
  const { translator } = cpu.vm.engine;
  const { u8 } = cpu.cpu;
  const templates = new Templates(translator.opcodes, u8);
  const writer = new RecordWriter(cpu.cpu, translator.forms);
  const random = generator(7);
  const [decoded, made] = [RECORDS, RECORDS + RECORD_SIZE];
  const met = new Set<number>();
  let known = 0;
  for (let n = 0; n < 200_000; n++) {
    const at = RAM + 0x1000;
    // Few of the first bytes are prefixes, and of the next most make some ModRM and SIB.
    for (let i = 0; i < 16; i++) u8[at + i] = random(i > 2 && i < 8 && n % 2 ? 4 : 256);
    if (n % 3 === 0) u8[at] = 0x0f;
    const found = decode(translator.opcodes, u8, at, at + MAX_INSTRUCTION_LENGTH, 4);
    if (found.kind !== 'instruction') continue;
    const { instruction } = found;
    writer.write(decoded, 0x1000, instruction, 5, 1);
    const template = templates.find(at);
    if (template >= 0) {
      known++;
      met.add(instruction.spec.id);
      assert.equal(templates.lengthOf(template), instruction.length, instruction.spec.mnemonic);
      u8.fill(0xa5, made, made + RECORD_SIZE);
      templates.write(template, made, 5, at);
      // The last byte of the operands is nobody's.
      u8[made + RECORD.IMMEDIATE_KIND] = u8[decoded + RECORD.IMMEDIATE_KIND];
      assert.equal(recordAt(u8, made), recordAt(u8, decoded), `${instruction.spec.mnemonic} ${Buffer.from(u8.subarray(at, at + instruction.length)).toString('hex')}`);
    } else templates.learn(at, instruction, decoded);
  }
  assert.ok(known > 20_000, `${known} known`);
  assert.ok(met.size > 150, `${met.size} rows`);
});

test('where stores rewrite blocks, nobody has a say in instructions that are not sensitive', () => {
  const plain = INSTRUCTIONS.filter(({ flow, sensitive }) => flow === 'next' && !sensitive);
  for (const { id: technique } of TECHNIQUES)
    for (const nestedPaging of [true, false]) {
      const cpu = new TestCpu({ technique, nestedPaging });
      const { policy } = cpu.vm.engine;
      if (!policy.rewrites) continue;
      cpu.flat32();
      const found = decode(cpu.vm.engine.translator.opcodes, Uint8Array.of(0x90), 0, 1, 4);
      assert.ok(found.kind === 'instruction');
      for (const spec of plain) {
        const instruction: Instruction = { ...found.instruction, spec };
        assert.equal(policy.treat(instruction, 0x1000), 'execute', `${technique}: ${spec.mnemonic}`);
        assert.equal(policy.watches(instruction), false, `${technique}: ${spec.mnemonic}`);
      }
    }
});
