/** Instructions that no label can change, by what they say: they are encoded once, wherever and in whichever pass they stand. */
import type { Cpu } from './cpu';
import type { Expression } from './expression';
import { FORMS } from './forms';
import type { OperandSyntax } from './operand';
import type { Instruction } from './statement';

export interface EncodedInstruction {
  readonly bytes: Uint8Array;
  /** The last pass, which also warns, had nothing to say. */
  readonly quiet: boolean;
}

/** What an instruction's encoding depends on beside itself. */
export interface Mode {
  readonly bits: 16 | 32;
  readonly cpu: Cpu;
}

export class EncodedInstructions {
  readonly #byContent = new Map<string, EncodedInstruction>();
  readonly #keys = new WeakMap<Instruction, { readonly mode: string; readonly key: string | undefined }>();
  readonly #jumps = new Map<string, boolean>();

  /** What stands for the content of an instruction; undefined where labels or its own place have a say. */
  keyOf(instruction: Instruction, { bits, cpu }: Mode): string | undefined {
    const mode = bits + cpu;
    const known = this.#keys.get(instruction);
    if (known?.mode === mode) return known.key;
    const content = this.#contentOf(instruction);
    const key = content === undefined ? undefined : `${mode} ${content}`;
    this.#keys.set(instruction, { mode, key });
    return key;
  }

  get(key: string): EncodedInstruction | undefined {
    return this.#byContent.get(key);
  }

  set(key: string, encoded: EncodedInstruction): void {
    this.#byContent.set(key, encoded);
  }

  #contentOf({ mnemonic, prefixes, operands }: Instruction): string | undefined {
    let content = mnemonic;
    for (const { name } of prefixes) content += ` ${name}`;
    for (const operand of operands) {
      const text = operand.kind === 'immediate' && this.#isJump(mnemonic) ? undefined : operandText(operand);
      if (text === undefined) return undefined;
      content += `,${text}`;
    }
    return content;
  }

  /** Its immediate may be a distance from where it stands. */
  #isJump(mnemonic: string): boolean {
    let jumps = this.#jumps.get(mnemonic);
    if (jumps === undefined) {
      jumps = (FORMS.get(mnemonic) ?? []).some(({ operands }) => operands.some((letter) => letter[0] === 'J'));
      this.#jumps.set(mnemonic, jumps);
    }
    return jumps;
  }
}

function operandText(operand: OperandSyntax): string | undefined {
  const { size = '', strict = '', distance = '', to = '' } = operand;
  const keywords = `${size}${strict && 's'}${distance}${to && 't'}`;
  switch (operand.kind) {
    case 'register':
      return `${keywords}%${operand.register.name}`;
    case 'immediate':
      return joined(`${keywords}$`, expressionText(operand.value));
    case 'memory': {
      const { segment, index, displacementSize = '', nosplit = '' } = operand;
      const address = joined(`${keywords}[${segment?.name ?? ''}:${displacementSize}${nosplit && 'n'} `, expressionText(operand.address));
      return index ? joined(`${address};`, address === undefined ? undefined : expressionText(index)) : address;
    }
    case 'far':
      return undefined;
  }
}

const joined = (before: string, text: string | undefined): string | undefined => (text === undefined ? undefined : before + text);

function expressionText(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'string':
      return JSON.stringify(expression.text);
    case 'register':
      return expression.register.name;
    case 'unary':
      return joined(`(${expression.operator} `, expressionText(expression.operand));
    case 'binary': {
      const left = expressionText(expression.left);
      const right = left === undefined ? undefined : expressionText(expression.right);
      return right === undefined ? undefined : `(${left} ${expression.operator} ${right})`;
    }
    default:
      return undefined;
  }
}
