/** Breakpoints that have a name: a label, an address, an event. */
import * as vscode from 'vscode';

/** Once, however often it is asked for; the Breakpoints view shows where it is. */
export function addFunctionBreakpoint(name: string): void {
  const exists = vscode.debug.breakpoints.some((b) => b instanceof vscode.FunctionBreakpoint && b.functionName === name);
  if (!exists) vscode.debug.addBreakpoints([new vscode.FunctionBreakpoint(name)]);
  void vscode.commands.executeCommand('workbench.debug.action.focusBreakpointsView');
}
