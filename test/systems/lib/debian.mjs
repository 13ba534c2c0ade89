/** Files of Debian packages, fetched with the system's own package manager and kept unpacked. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Fetch and unpack `name` below `cache`, once; its root directory. */
export const debianPackage = (name, cache) => {
  const root = path.join(cache, name);
  if (fs.existsSync(root)) return root;
  fs.mkdirSync(cache, { recursive: true });
  const work = fs.mkdtempSync(path.join(cache, 'download-'));
  try {
    execFileSync('apt-get', ['download', name], { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] });
    const [archive] = fs.readdirSync(work).filter((file) => file.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get download ${name} brought no package`);
    execFileSync('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
    fs.renameSync(path.join(work, 'unpacked'), root);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  return root;
};
