/**
 * Injected into every test bundle by scripts/coverageIsa.mjs: notes which rows of the instruction table a test file has executed,
 * and writes them when the process ends. A row counts when a block that holds it has run to its end.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Block } from '../../src/engine/block';
import { Interpreter } from '../../src/engine/interpreter';
import { Translator } from '../../src/engine/translator';

const folder = process.env.ISA_COVERAGE;

if (folder) {
  const executed = new Set<number>();
  const fresh = new Map<Translator, Block[]>();
  const { translate } = Translator.prototype;
  Translator.prototype.translate = function (...args) {
    const block = translate.apply(this, args);
    const blocks = fresh.get(this) ?? [];
    blocks.push(block);
    fresh.set(this, blocks);
    return block;
  };
  /** Blocks that have run are noted; the rest may yet. */
  const sift = (interpreter: Interpreter, ran: (block: Block) => boolean): void => {
    const blocks = fresh.get(interpreter.translator);
    if (!blocks) return;
    const waiting: Block[] = [];
    for (const block of blocks) {
      if (ran(block)) for (const { instruction } of block.code.instructions.list()) executed.add(instruction.spec.id);
      else if (block.valid) waiting.push(block);
    }
    if (waiting.length > 0) fresh.set(interpreter.translator, waiting);
    else fresh.delete(interpreter.translator);
  };
  const { run, step } = Interpreter.prototype;
  Interpreter.prototype.run = function (budget) {
    const exit = run.call(this, budget);
    sift(this, (block) => this.hits(block) > 0);
    return exit;
  };
  // The block of a single instruction counts no executions.
  Interpreter.prototype.step = function () {
    const { retired, cpu } = this;
    const { eip } = cpu;
    const exit = step.call(this);
    if (this.retired > retired) sift(this, (block) => block.eip === eip);
    return exit;
  };
  const bundle = process.argv[1].replaceAll(path.sep, '/');
  const test = bundle.slice(bundle.lastIndexOf('/coverage/') + '/coverage/'.length).replace(/(\.test)?\.mjs$/, '');
  process.on('exit', () => {
    if (executed.size > 0) fs.writeFileSync(path.join(folder, `${test.replaceAll('/', '+')}.json`), JSON.stringify([...executed]));
  });
}
