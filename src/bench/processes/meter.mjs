/**
 * Loaded by `--import` into each process that `bench` measures, ours and the floors alike. Answers the message `usage` with
 * the CPU time and memory that the process has used so far, and writes both to a file at its end. The product itself has no
 * such interface.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** VmHWM counts this program only; maxRSS also counts the process before it became this program. */
function readPeakBytes() {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

function readUsage() {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss(), peakRssBytes: readPeakBytes() };
}

if (isMainThread) {
  process.on('message', (message) => {
    if (message === 'usage') process.send(readUsage());
  });
  // Listening must not keep a command alive.
  process.channel?.unref();
  const report = new URL(import.meta.url).searchParams.get('report');
  process.on('exit', () => writeFileSync(fileURLToPath(report), JSON.stringify(readUsage())));
}
