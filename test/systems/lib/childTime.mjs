/** CPU time of this process's children that have ended, user and system, in ms: proc_pid_stat(5), cutime and cstime. NaN where there is no /proc. */
import fs from 'node:fs';

/** The kernel counts in hundredths of a second here. */
const MILLISECONDS_A_TICK = 10;
/** Behind the command's name, which may hold spaces: cutime and cstime. */
const [USER, SYSTEM] = [13, 14];

export function childTime() {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER]) + Number(fields[SYSTEM])) * MILLISECONDS_A_TICK;
  } catch {
    return Number.NaN;
  }
}
