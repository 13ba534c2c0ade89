/** The mnemonics that Ringside does not execute, read from the package when somebody first asks. */
import * as vscode from 'vscode';
import type { OtherInstruction } from '../instructionFacts';

export class OtherInstructions {
  #table: Promise<Readonly<Record<string, OtherInstruction>>> | undefined;

  constructor(private readonly extension: vscode.Uri) {}

  async of(mnemonic: string): Promise<OtherInstruction | undefined> {
    this.#table ??= this.#read();
    const table = await this.#table;
    return Object.hasOwn(table, mnemonic) ? table[mnemonic] : undefined;
  }

  async #read(): Promise<Readonly<Record<string, OtherInstruction>>> {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.extension, 'syntaxes', 'mnemonics.json'));
    return JSON.parse(new TextDecoder().decode(bytes));
  }
}
