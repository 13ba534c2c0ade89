/** What guests run on. Each takes a Multiboot ELF (or the native program) and copies the guest's serial output to stdout; with `boot` also a machine of test/systems. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { qemuArguments, ringsideArguments } from '../../test/systems/lib/machine.mjs';

const V86_VERSION = '0.5.462';
const V86_HOST = path.join(import.meta.dirname, 'v86Host.mjs');

const ringside = (name, technique, { cli, node }) => ({
  name,
  boot: (machine) => ({ command: node, args: [cli, 'run', ...ringsideArguments({ ...machine, technique })] }),
  start: ({ elf }) => ({ command: node, args: [cli, 'run', elf, '--technique', technique] }),
});

const qemu = (name, ...more) => ({
  name,
  missing: () => (spawnSync('qemu-system-i386', ['--version']).error ? 'qemu-system-i386 is not installed' : undefined),
  boot: (machine) => ({ command: 'qemu-system-i386', args: [...qemuArguments(machine), '-monitor', 'none', '-serial', 'stdio', ...more] }),
  start: ({ elf }) => ({
    command: 'qemu-system-i386',
    args: ['-accel', 'tcg', '-m', '64', '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot', ...more, '-kernel', elf],
  }),
});

/** The package, fetched the first time. */
function fetchV86(cache) {
  const directory = path.join(cache, `v86-${V86_VERSION}`);
  const home = path.join(directory, 'node_modules/v86');
  if (fs.existsSync(home)) return home;
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'package.json'), '{"private": true}\n');
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `v86@${V86_VERSION}`], { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return home;
}

const v86 = ({ cache, node }) => {
  let home;
  return {
    name: 'v86',
    missing() {
      try {
        home = fetchV86(cache);
      } catch (error) {
        return `v86 cannot be fetched: ${String(error.message).split('\n')[0]}`;
      }
      return undefined;
    },
    start: ({ elf }) => ({ command: node, args: [V86_HOST, home, elf] }),
  };
};

const native = () => ({
  name: 'native',
  start: ({ native: program }) => (program ? { command: program, args: [] } : undefined),
});

/** `name=command`: the ELF file is the command's last argument. */
function custom(definition) {
  const [, name, command] = /^([^=]+)=(.+)$/s.exec(definition) ?? [];
  if (!name) throw new Error(`--system ${definition}: expected name=command`);
  return { name, start: ({ elf }) => ({ command: 'sh', args: ['-c', `exec ${command} "$1"`, 'sh', elf] }) };
}

/** All systems by name; `environment`: { cli, node, cache }. Those in `extra` are not run unless named. */
export function systems(environment, added) {
  return [
    ringside('ringside', 'bare', environment),
    { ...ringside('ringside-trap', 'trap', environment), extra: true },
    { ...ringside('ringside-bt', 'bt', environment), extra: true },
    qemu('qemu'),
    { ...qemu('qemu-icount', '-icount', 'shift=auto'), extra: true },
    v86(environment),
    native(),
    ...added.map(custom),
  ];
}
