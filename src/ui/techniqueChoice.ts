/** The technique the next session runs under: asked for once, remembered per workspace, changed from the status bar. */
import * as vscode from 'vscode';
import { isTechnique, TECHNIQUES, type TechniqueId } from '../protocol/techniques';

const KEY = 'ringside.technique';

/** In the user's language. */
export const techniqueText = ({ name, description }: { readonly name: string; readonly description: string }) => ({
  name: vscode.l10n.t(name),
  description: vscode.l10n.t(description),
});

export const techniqueOf = (id: TechniqueId) => TECHNIQUES.find((t) => t.id === id) ?? TECHNIQUES[0];

export class TechniqueChoice implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<TechniqueId>();
  readonly onDidChange = this.#changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  /** The last choice; undefined before the first. */
  get last(): TechniqueId | undefined {
    const id = this.memory.get<string>(KEY);
    return isTechnique(id) ? id : undefined;
  }

  async remember(id: TechniqueId): Promise<void> {
    if (id === this.last) return;
    await this.memory.update(KEY, id);
    this.#changed.fire(id);
  }

  /** Ask, with the last choice (or `current`, and why) first. Undefined when the user turns away. */
  async ask(title: string, current = this.last, remark = vscode.l10n.t('last used')): Promise<TechniqueId | undefined> {
    const items = TECHNIQUES.map((technique) => {
      const { name, description } = techniqueText(technique);
      return { label: name, detail: description, description: technique.id === current ? remark : undefined, id: technique.id };
    });
    items.sort((a, b) => Number(b.id === current) - Number(a.id === current));
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('How should the guest be run?'), matchOnDetail: true });
    if (chosen) await this.remember(chosen.id);
    return chosen?.id;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
