import { expect, test } from '@jest/globals';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();

/** Serves with the settings and stops at once; returns the number of lines on standard error. */
async function countLines(settings: object): Promise<number> {
  const clients = [{ client: 'engine', tokenSha256: 'a'.repeat(64) }];
  const config = testFolder.writeJson('c.json', { port: 0, sites: { 'site-1': { clients } }, ...settings });
  const { code, err } = await runInFolder(testFolder, ['serve', '--config', config], {
    whileServing: async () => undefined,
  });
  expect(code).toBe(0);
  return err.trimEnd().split('\n').length;
}

test('a service that listens on a network without encryption warns, one behind a proxy or on loopback does not', async () => {
  const quiet = await countLines({});
  expect(await countLines({ host: '0.0.0.0' })).toBe(quiet + 1);
  expect(await countLines({ host: '0.0.0.0', behindProxy: ['10.0.0.5'] })).toBe(quiet);
});
