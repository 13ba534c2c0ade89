/**
 * Files of Debian's packages for i386, fetched by apt-get without root: its lists and its cache are in a directory of ours.
 * The mirror is the machine's own where it has one; proxies are those of apt and of the environment.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The last release with kernels for i386. */
const SUITE = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';
const MEGABYTES = 1 << 20;

function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { maxBuffer: 512 * MEGABYTES, ...options });
  if (error?.code === 'ENOENT') throw new Error(`${command} is missing: this test needs a Debian or Ubuntu with apt-get and dpkg-deb`);
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr}`);
  return stdout;
}

/** Of the machine's apt, when it is Debian's. */
function mirror() {
  if (process.env.DEBIAN_MIRROR) return process.env.DEBIAN_MIRROR;
  const files = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'].filter((file) => fs.existsSync(file));
  const lines = files.map((file) => fs.readFileSync(file, 'utf8')).join('\n');
  return /^(?:deb\s+(?:\[.*?\]\s*)?|URIs:\s*)(https?:\S+\/debian)\/?(?=\s|$)/m.exec(lines)?.[1] ?? DEFAULT_MIRROR;
}

export class DebianPackages {
  #directory;
  #updated = false;

  constructor(directory) {
    this.#directory = path.join(directory, 'debian');
    fs.mkdirSync(this.#directory, { recursive: true });
  }

  #apt(command, args) {
    const configuration = path.join(this.#directory, 'apt.conf');
    return run(command, args, { cwd: this.#directory, env: { ...process.env, APT_CONFIG: configuration } }).toString();
  }

  #update() {
    if (this.#updated) return;
    const directory = this.#directory;
    for (const sub of ['state/lists/partial', 'cache/archives/partial']) fs.mkdirSync(path.join(directory, sub), { recursive: true });
    fs.writeFileSync(path.join(directory, 'state/status'), '');
    fs.writeFileSync(path.join(directory, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror()} ${SUITE} main\n`);
    const settings = {
      'Dir::State': `${directory}/state`,
      'Dir::State::status': `${directory}/state/status`,
      'Dir::Cache': `${directory}/cache`,
      'Dir::Etc::sourcelist': `${directory}/sources.list`,
      'Dir::Etc::sourceparts': '/dev/null',
      'APT::Architecture': 'i386',
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Debug::NoLocking': '1',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
    fs.writeFileSync(path.join(directory, 'apt.conf'), `${lines.join('')}APT::Architectures { "i386"; };\n`);
    this.#apt('apt-get', ['update', '-qq']);
    this.#updated = true;
  }

  /** The newest package whose name matches. */
  #newest(pattern) {
    const names = this.#apt('apt-cache', ['search', '--names-only', pattern]).split('\n');
    const found = names
      .map((line) => line.split(' ')[0])
      .filter(Boolean)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    if (found.length === 0) throw new Error(`no package of Debian ${SUITE} is named ${pattern}`);
    return found.at(-1);
  }

  /** The contents of the newest package named `pattern`, as a tar archive; its name. */
  #contents(pattern) {
    this.#update();
    const archive = `${this.#newest(pattern)}.deb`;
    const before = new Set(fs.readdirSync(this.#directory));
    this.#apt('apt-get', ['download', '-qq', archive.slice(0, -'.deb'.length)]);
    const [deb] = fs.readdirSync(this.#directory).filter((file) => file.endsWith('.deb') && !before.has(file));
    const tar = run('dpkg-deb', ['--fsys-tarfile', deb], { cwd: this.#directory });
    fs.rmSync(path.join(this.#directory, deb));
    return { deb, tar, members: run('tar', ['tf', '-'], { input: tar }).toString().split('\n') };
  }

  /** The file of the newest package named `pattern` whose path matches `member`; kept as `name` for the next time. */
  file(name, pattern, member) {
    const kept = path.join(this.#directory, name);
    if (fs.existsSync(kept)) return kept;
    const { deb, tar, members } = this.#contents(pattern);
    const found = members.find((line) => member.test(line));
    if (!found) throw new Error(`${deb} holds no file ${member}`);
    fs.writeFileSync(`${kept}.part`, run('tar', ['xOf', '-', found], { input: tar }));
    fs.renameSync(`${kept}.part`, kept);
    return kept;
  }

  /** Files of the newest package named `pattern`, by what is to match their paths; kept in the folder `name` for the next time. */
  files(name, pattern, wanted) {
    const folder = path.join(this.#directory, name);
    const paths = Object.fromEntries(Object.keys(wanted).map((file) => [file, path.join(folder, file)]));
    if (Object.values(paths).every((file) => fs.existsSync(file))) return paths;
    const { deb, tar, members } = this.#contents(pattern);
    fs.mkdirSync(folder, { recursive: true });
    for (const [file, member] of Object.entries(wanted)) {
      const found = members.find((line) => member.test(line));
      if (!found) throw new Error(`${deb} holds no file ${member}`);
      fs.writeFileSync(paths[file], run('tar', ['xOf', '-', found], { input: tar }));
    }
    return paths;
  }

  /** A file made of others, made anew for every run. */
  derived(name, make) {
    const file = path.join(this.#directory, name);
    fs.writeFileSync(file, make());
    return file;
  }
}
