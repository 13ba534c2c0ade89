/**
 * Entry point in a VS Code with Node. Reading the extension's code takes most of what activating it takes, and while it is read
 * nothing else happens in the extension host: so this is all that is read at once, and the rest in a turn of its own. VS Code
 * counts the extension as activated after that.
 */
type Extension = typeof import('./extension');

declare const require: (file: './workbench.cjs') => Extension;

export async function activate(context: Parameters<Extension['activate']>[0]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  require('./workbench.cjs').activate(context);
}
