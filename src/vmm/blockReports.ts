/** What happens to blocks, as events of the VM: translated, chained, thrown away. Only a VMM that translates has any. */
import { hexh } from '../base/bits';
import type { Block } from '../engine/block';
import type { Interpreter } from '../engine/interpreter';
import type { CostLedger } from './cost/ledger';
import type { Technique, TechniqueHost } from './techniques/technique';

export interface BlockReportsHost extends Pick<TechniqueHost, 'reportAt'> {
  readonly engine: Interpreter;
  readonly ledger: CostLedger;
  readonly technique: Technique;
}

export function reportBlocks(host: BlockReportsHost): void {
  const { engine } = host;
  engine.translated.on((block) => translated(host, block));
  engine.chaining.chained.on(({ source, target }) => chained(host, source, target));
  engine.cache.invalidated.on((block) => invalidated(host, block));
}

function translated(host: BlockReportsHost, block: Block): void {
  const { instructions, endReason } = block.code;
  if (!host.technique.translates || instructions.length === 0) return;
  host.ledger.charge('translateInstruction', instructions.length);
  const sentence = `Translated ${instructions.length} instructions at ${hexh(block.linear)}; the block ends for: ${endReason}.`;
  host.reportAt({ kind: 'blockTranslated', reason: endReason, sentence }, block, block.eip);
}

function chained(host: BlockReportsHost, source: Block, target: Block): void {
  const { technique } = host;
  if (!technique.translates || technique.policy.branched?.()) return; // a block that ran out of room is no chain
  const sentence = `The block at ${hexh(source.linear)} goes straight to the one at ${hexh(target.linear)} now.`;
  host.reportAt({ kind: 'blockChained', reason: source.code.endReason, sentence, details: { target: target.linear } }, source, source.code.instructions.at(-1)?.eip ?? source.eip);
}

function invalidated(host: BlockReportsHost, block: Block): void {
  if (host.technique.id !== 'bt' || block.invalidatedBy === 'breakpoints changed') return;
  const sentence = `The block at ${hexh(block.linear)} was thrown away: ${block.invalidatedBy}.`;
  host.reportAt({ kind: 'blockInvalidated', reason: block.invalidatedBy ?? '', sentence }, block, block.eip);
}
