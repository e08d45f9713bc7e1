/**
 * Loaded by `--import` into a service of which a bar measures how long it serves nobody: the CPU time of the main thread between two
 * moments at which a timer could run. Wall time would count other processes too. The longest so far is written to the file of
 * the URL's `report`; SIGUSR2 resets it.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const TICK_MS = 5;

if (isMainThread) {
  const report = new URL(import.meta.url).searchParams.get('report');
  let longest = 0;
  let last = process.threadCpuUsage();
  const readNow = () => {
    const { user, system } = process.threadCpuUsage();
    return { user, system };
  };
  const tick = () => {
    const now = readNow();
    const ms = (now.user + now.system - last.user - last.system) / 1000;
    if (ms > longest + 1) {
      longest = ms;
      writeFileSync(report, String(Math.round(longest)));
    }
    last = readNow();
  };
  setInterval(tick, TICK_MS).unref();
  process.on('SIGUSR2', () => {
    longest = 0;
    last = readNow();
    writeFileSync(report, '0');
  });
}
