import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bar } from './bar.ts';
import type { ScenarioResult } from './support/reference-scenario.ts';

const SCENARIO = join(import.meta.dirname, 'support/reference-scenario.ts');
const NODE = ['--disable-warning=ExperimentalWarning', SCENARIO];
/** An interface that leads nowhere, and over which every address but loopback is routed. */
const DEVICE = 'outside';

const runAsRoot = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: 'ignore' });
};

/** Creates a network namespace that has only loopback and an interface that leads nowhere; null where that is not allowed. */
function createNamespace(): string | null {
  const name = `torture-${process.pid}`;
  try {
    runAsRoot('netns', 'add', name);
  } catch {
    return null;
  }
  try {
    const inside = ['netns', 'exec', name, 'ip'];
    runAsRoot(...inside, 'link', 'set', 'lo', 'up');
    runAsRoot(...inside, 'link', 'add', DEVICE, 'type', 'dummy');
    runAsRoot(...inside, 'link', 'set', DEVICE, 'arp', 'off', 'addrgenmode', 'none');
    runAsRoot(...inside, 'addr', 'add', '198.18.0.1/24', 'dev', DEVICE);
    runAsRoot(...inside, 'link', 'set', DEVICE, 'up');
    runAsRoot(...inside, 'route', 'add', 'default', 'dev', DEVICE);
    return name;
  } catch {
    runAsRoot('netns', 'delete', name);
    return null;
  }
}

async function runScenario(namespace: string | null): Promise<ScenarioResult> {
  const inside = namespace === null ? [] : ['ip', 'netns', 'exec', namespace];
  const device = namespace === null ? [] : [DEVICE];
  const [command = '', ...args] = [...inside, process.execPath, ...NODE, ...device];
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as ScenarioResult;
}

/**
 * 47 hostile references in every element of inbound resources, and answers of an EHR that point elsewhere: nothing but the
 * registered EHR is reached. Watched by a hook on sockets, datagrams and name lookups, and, where root may create one, by
 * the only interface of a network namespace.
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
          ...(packets ? [`${packets} packets left the machine`] : []),
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
