/** The command that adds an event breakpoint: choose from what is known, or type one. */
import * as vscode from 'vscode';
import { eventChoices } from './eventBreakpoints';
import { addFunctionBreakpoint } from './functionBreakpoint';
import { COMMANDS } from './identifiers';

/** What is known, or what was typed when nothing known contains it: the debug adapter judges that, and says why when it cannot stop there. */
function items(typed: string): vscode.QuickPickItem[] {
  const known: vscode.QuickPickItem[] = [];
  for (const [i, { name, description, group }] of eventChoices().entries()) {
    if (group !== eventChoices()[i - 1]?.group) known.push({ label: group, kind: vscode.QuickPickItemKind.Separator });
    known.push({ label: name, description });
  }
  const unknown = typed && !eventChoices().some((c) => c.name.toLowerCase().includes(typed.toLowerCase()));
  return unknown ? [{ label: typed, description: vscode.l10n.t('stop here'), alwaysShow: true }, ...known] : known;
}

function pick(): void {
  const picker = vscode.window.createQuickPick();
  picker.title = vscode.l10n.t('Ringside: Add Event Breakpoint');
  picker.placeholder = vscode.l10n.t('Stop when… (choose, or type insn:cli, int:0x21, port:0x60, phys:0x1000)');
  picker.matchOnDescription = true;
  picker.items = items('');
  picker.onDidChangeValue((value) => {
    picker.items = items(value.trim());
  });
  picker.onDidAccept(() => {
    const name = picker.selectedItems[0]?.label ?? picker.value.trim();
    if (!name) return;
    picker.hide();
    addFunctionBreakpoint(name);
  });
  picker.onDidHide(() => picker.dispose());
  picker.show();
}

export function registerEventBreakpoints(context: vscode.ExtensionContext): void {
  context.subscriptions.push(vscode.commands.registerCommand(COMMANDS.addEventBreakpoint, pick));
}
