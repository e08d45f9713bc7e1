/**
 * The floor of bulk intake, in one thread: reads the file of the first argument, splits it into lines and parses each with
 * JSON.parse. Prints the wall time of that, and the CPU time of JSON.parse alone on the same lines.
 */
import { createReadStream } from 'node:fs';

const LINE_FEED = 0x0a;
/** The lines whose parsing alone is timed: enough for a steady figure, few enough to keep in memory. */
const LINES_TIMED_ALONE = 20_000;

async function* readLines(file) {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

const file = process.argv[2];
const kept = [];
let lines = 0;
const started = performance.now();
for await (const line of readLines(file)) {
  if (JSON.parse(line.toString('utf8')).resourceType === undefined)
    throw new Error('A line is not a resource.');
  lines += 1;
}
const wallMs = performance.now() - started;

for await (const line of readLines(file)) {
  kept.push(line.toString('utf8'));
  if (kept.length === LINES_TIMED_ALONE) break;
}
const before = process.cpuUsage();
for (const line of kept) JSON.parse(line);
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  `${JSON.stringify({ lines, wallMs, parseMicrosPerLine: (user + system) / kept.length })}\n`,
);
