/** Where a command keeps what V8 compiled: Node's own variables for that come first, then the system's folder for what can be made again. */
import os from 'node:os';
import path from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** Nowhere if `NODE_DISABLE_COMPILE_CACHE` is set (https://nodejs.org/api/cli.html). */
export function compiledFolder(platform: NodeJS.Platform, { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, ...variables }: Variables): string | undefined {
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const folder = NODE_COMPILE_CACHE || systemFolder(platform, variables);
  return folder && path.join(folder, 'ringside');
}

function systemFolder(platform: NodeJS.Platform, { XDG_CACHE_HOME, LOCALAPPDATA }: Variables): string {
  if (platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA;
  if (platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches');
  return XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : path.join(os.homedir(), '.cache');
}
