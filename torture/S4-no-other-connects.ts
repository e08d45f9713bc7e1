import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bar } from './bar.ts';
import type { ScenarioResult } from './support/reference-scenario.ts';

const SCENARIO = join(import.meta.dirname, 'support/reference-scenario.ts');
const NODE = ['--disable-warning=ExperimentalWarning', SCENARIO];
const runAsRoot = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: 'ignore' });
};

/** Creates a network namespace that has loopback and no route to anywhere else; null where that is not allowed. */
function createNamespace(): string | null {
  const name = `torture-${process.pid}`;
  try {
    runAsRoot('netns', 'add', name);
    runAsRoot('netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up');
    return name;
  } catch {
    return null;
  }
}

async function runScenario(namespace: string | null): Promise<ScenarioResult> {
  const inside = namespace === null ? [] : ['ip', 'netns', 'exec', namespace];
  const flag = namespace === null ? [] : ['in-namespace'];
  const [command = '', ...args] = [...inside, process.execPath, ...NODE, ...flag];
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as ScenarioResult;
}

/**
 * 47 hostile references in every element of inbound resources, and answers of an EHR that point elsewhere: nothing but the
 * registered EHR is reached. Watched by a hook on sockets, datagrams and name lookups, and, where root may create one, by
 * what a network namespace without routes has refused.
 */
export const noOtherConnectsBar: Bar = {
  id: 'S4',
  name: 'nothing but the registered EHR is reached',
  async run() {
    const namespace = createNamespace();
    try {
      const result = await runScenario(namespace);
      const { references, deliveries, answers, unexpected, controlFound, packets, controlPackets } = result;
      const controls = packets === null ? [controlFound] : [controlFound, controlPackets ?? 0];
      return {
        counts: {
          ...{ references, deliveries, answers, connects: unexpected.length },
          ...(packets === null ? {} : { packets }),
        },
        breaches: [
          ...new Set(unexpected.map((target) => `reached ${target}`)),
          ...(packets ? [`${packets} packets were for another machine`] : []),
        ],
        control: {
          name: `following one reference, ${packets === null ? 'by the hook alone: no network namespace here' : 'by hook and namespace'}`,
          found: Math.min(...controls),
        },
      };
    } finally {
      if (namespace !== null) runAsRoot('netns', 'delete', namespace);
    }
  },
};
