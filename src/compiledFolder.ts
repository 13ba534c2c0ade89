/** Where a command keeps what V8 compiled: Node's own variables for that come first, then the system's folder for what can be made again. */
import os from 'node:os';
import path from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** Nowhere if `NODE_DISABLE_COMPILE_CACHE` is set (https://nodejs.org/api/cli.html), or for a user without a home. */
export function compiledFolder(platform: NodeJS.Platform, { NODE_DISABLE_COMPILE_CACHE, NODE_COMPILE_CACHE, ...variables }: Variables, home = homeFolder): string | undefined {
  if (NODE_DISABLE_COMPILE_CACHE) return undefined;
  const folder = NODE_COMPILE_CACHE || systemFolder(platform, variables, home);
  return folder && path.join(folder, 'ringside');
}

/** A user who is in no list of users, as in a container, may have none. */
function homeFolder(): string | undefined {
  try {
    return os.homedir();
  } catch {
    return undefined;
  }
}

function systemFolder(platform: NodeJS.Platform, { XDG_CACHE_HOME, LOCALAPPDATA }: Variables, home: () => string | undefined): string | undefined {
  if (platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA;
  if (platform !== 'darwin' && XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  const folder = home();
  return folder && path.join(folder, ...(platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']));
}
