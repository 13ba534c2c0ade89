/**
 * One run of a guest on a system: time from start to the first line, and of each unit, from line to line. The clock is the
 * wall's, or what the system's process has had of the CPUs (`cpu`: Linux; for a machine that others use too).
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';

const wallClock = () => () => performance.now();

/** Milliseconds on a CPU, of all threads: the first figure of schedstat is nanoseconds. */
const cpuClock = (pid) => {
  let last = 0;
  return () => {
    try {
      let nanoseconds = 0;
      for (const thread of fs.readdirSync(`/proc/${pid}/task`)) nanoseconds += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
      last = nanoseconds / 1e6;
    } catch {} // it has ended, or a thread of it
    return last;
  };
};

/** A system with its process group, and what ends it; it does not outlive us. */
function start(command, args, stdin) {
  const child = spawn(command, args, { stdio: [stdin, 'pipe', 'pipe'], detached: true });
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {} // it has ended
  };
  process.once('exit', kill);
  child.on('close', () => process.off('exit', kill));
  return { child, kill };
}

/** A busy machine takes longer by its own clock, but not without end. */
const PATIENCE = 15;
/** An operating system takes longer than a few units. */
const BOOT_PATIENCE = 20;
/** Characters of output, at the end, in which a boot's end is looked for. */
const MATCHED = 4096;

/** From start until what it prints matches `until`: one unit, without a checksum; with the `cpu` clock what it has had of the CPUs by then. */
export function measureBoot({ command, args }, until, limits, clock) {
  return new Promise((resolve) => {
    const from = performance.now();
    const { child, kill } = start(command, args, 'pipe');
    const read = clock === 'cpu' ? cpuClock(child.pid) : () => performance.now() - from;
    const result = { startup: undefined, units: [], checksums: [], error: undefined };
    let text = '';
    let errors = '';
    const timer = setTimeout(kill, limits.milliseconds * BOOT_PATIENCE);
    child.stdout.setEncoding('latin1').on('data', (data) => {
      text = (text + data).slice(-MATCHED);
      if (result.units.length > 0 || !until.test(text)) return;
      result.units.push(read());
      kill();
    });
    child.stderr.setEncoding('utf8').on('data', (data) => {
      errors = (errors + data).slice(-2000);
    });
    child.on('error', (error) => {
      result.error = error.message;
    });
    child.on('close', () => {
      clearTimeout(timer);
      if (result.units.length === 0) result.error ??= `did not come to ${until}: ${errors.trim().split('\n')[0]}`;
      resolve(result);
    });
  });
}

/** Until `limits.units` are done and took `limits.measured` milliseconds, or until `limits.milliseconds` have passed by the clock. `error`: how it ended when that was too early. */
export function measure({ command, args }, limits, clock) {
  return new Promise((resolve) => {
    const from = performance.now();
    const { child, kill } = start(command, args, 'ignore');
    const result = { startup: undefined, units: [], checksums: [], error: undefined };
    let text = '';
    let errors = '';
    let read;
    let last;
    let first;
    let done = false;
    const timer = setInterval(() => {
      const late = performance.now() - from > limits.milliseconds * (clock === 'cpu' ? PATIENCE : 1);
      if (!late && !(read && read() - first > limits.milliseconds)) return;
      if (result.units.length === 0) result.error = `no unit within ${limits.milliseconds / 1000} s`;
      kill();
    }, 100);
    const line = (content) => {
      if (content === 's') {
        result.startup = performance.now() - from;
        read = (clock === 'cpu' ? cpuClock : wallClock)(child.pid);
        last = first = read();
      } else if (last !== undefined && /^[0-9A-F]{8}$/.test(content) && !done) {
        const now = read();
        result.units.push(now - last);
        result.checksums.push(content);
        last = now;
        done = result.units.length >= limits.units && now - first >= limits.measured;
        if (done) kill();
      }
    };
    child.stdout.setEncoding('latin1').on('data', (data) => {
      const lines = (text + data).split(/\r?\n/);
      text = lines.pop();
      for (const content of lines) line(content.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (data) => {
      errors = (errors + data).slice(-2000);
    });
    child.on('error', (error) => {
      result.error = error.message;
    });
    child.on('close', (code, signal) => {
      clearInterval(timer);
      if (signal !== 'SIGKILL' && !result.error) result.error = `ended by itself (${code ?? signal}): ${errors.trim().split('\n')[0]}`;
      resolve(result);
    });
  });
}
