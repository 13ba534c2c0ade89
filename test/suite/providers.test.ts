import * as vscode from 'vscode';
import { CHECKS } from './everyProvider';

describe('in the bundle that ships', () => {
  after(() => vscode.debug.stopDebugging());
  for (const { name, run } of CHECKS) it(name, run);
});
