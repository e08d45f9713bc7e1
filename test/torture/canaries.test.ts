import { expect, test } from '@jest/globals';
import { createRandom } from '../../demo/cohort/seeded-random.ts';
import { createCanaries, listCanariesInBytes, scanFolder } from '../../torture/support/canaries.ts';
import { withFolder } from '../support/with-folder.ts';

/** A scan that finds nothing proves nothing, unless it would find what is there. */
const canary = createCanaries(createRandom(1, 'test')).plant('Patient.name');

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(`x${canary}y`)],
  ['UTF-16, little endian', Buffer.from(`x${canary}`, 'utf16le')],
  ['UTF-16, big endian', Buffer.from(`x${canary}`, 'utf16le').swap16()],
  ...[0, 1, 2, 3, 4].map((shift): [string, Buffer] => [
    `base64 after ${shift} bytes`,
    Buffer.from(Buffer.from(`${'{"n":'.slice(0, shift)}${canary}"}`).toString('base64')),
  ]),
])('a canary in %s is found', (_name, bytes) => {
  expect(listCanariesInBytes(Buffer.concat([Buffer.alloc(7, 200), bytes]))).not.toEqual([]);
});

test('a canary in a file below the folder is found with the file, and nothing else is', () =>
  withFolder((folder) => {
    folder.writeFile('a/b/found', `x${canary}`);
    folder.writeFile('a/nothing', 'KANAR KANARIENVOGEL');
    expect([...scanFolder(folder.path)]).toEqual([['a/b/found', [canary]]]);
  }));
