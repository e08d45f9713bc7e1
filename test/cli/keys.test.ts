import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { waitUntil } from '../support/wait-until.ts';

const folder = useFolder();
const KEYS = join(folder.path, 'data/keys/signing');
const run = async (...args: string[]) => {
  const { code, out, err } = await runInFolder(folder, ['keys', ...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as { kid: string; createdAt: string; isActive: boolean }[];
};

test('keys are created once, rotated, and at most two are kept; only their owner reads them', async () => {
  expect(await run('list')).toEqual([]);
  const [first] = await run('create');
  expect(await run('create')).toEqual([first]);
  const [second] = await run('rotate');
  expect(await run('list')).toEqual([second, { ...first, isActive: false }]);
  const [third] = await run('rotate');
  expect(await run('list')).toEqual([third, { ...second, isActive: false }]);
  const files = readdirSync(KEYS);
  expect(files.sort()).toEqual([`${third?.kid}.json`, `${second?.kid}.json`].sort());
  expect(files.map((file) => statSync(join(KEYS, file)).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(statSync(KEYS).mode & 0o777).toBe(0o700);
});

test('the private part is never printed, and a file that is no key is named', async () => {
  const [active] = await run('create');
  const file = join(KEYS, `${active?.kid}.json`);
  const text = readFileSync(file, 'utf8');
  const { jwk } = JSON.parse(text) as { jwk: { d: string } };
  const { out } = await runInFolder(folder, ['keys', 'list', '--json']);
  expect(out).not.toContain(jwk.d);
  writeFileSync(file, '{');
  const refused = await runInFolder(folder, ['keys']);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(file) });
  writeFileSync(file, text);
});

test('SIGHUP reads the clients again: a disabled one is out at once, a faulty file changes nothing', async () => {
  const token = 'a-token-of-the-laboratory';
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  const writeConfig = (client: object) =>
    folder.writeJson('config.json', {
      sites: { site: { clients: [{ client: 'laboratory', tokenSha256, expires: '2099-01-01', ...client }] } },
    });
  const config = writeConfig({});
  const statuses: number[] = [];
  let reload: () => void = () => undefined;
  const { err } = await runInFolder(folder, ['serve', '--config', config, '--port', '0'], {
    onReload: (onSignal) => {
      reload = onSignal;
    },
    whileServing: async (out) => {
      const url = /http\S+fhir/.exec(out)?.[0];
      const send = async () => {
        const answer = await fetch(`${url}/Observation/x`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${token}` },
        });
        statuses.push(answer.status);
        return answer.status;
      };
      await send();
      folder.writeFile('config.json', '{');
      reload();
      await send();
      writeConfig({ disabled: true });
      reload();
      await waitUntil(async () => (await send()) === 401);
    },
  });
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  expect(statuses.at(-1)).toBe(401);
  expect(err).toContain('config.json');
});
