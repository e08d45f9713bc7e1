import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { createTestFolder } from '../support/with-folder.ts';
import { copyMappings } from '../support/with-mappings.ts';

/** The outbox can be paused and read where the mapping library is broken; nothing else begins. */
const folder = createTestFolder();
afterAll(() => folder.remove());

const ROW = 'MSC-001,dev,Patient/p1,2026-01-05,2026-01-05';

test('a broken library stops what maps and assesses, and not the outbox', async () => {
  const mappings = copyMappings(join(folder.path, 'mappings'));
  const env = { TRIAL_ADAPTER_MAPPINGS: mappings };
  const run = (...args: readonly string[]) => runInFolder(folder, args, { env });
  const file = folder.writeFile('enrolment.csv', formatEnrolmentFile(ROW));
  expect(await run('enroll', file, '--study', 'msc-aa')).toMatchObject({ code: 0 });
  writeFileSync(join(mappings, 'criteria', 'broken.json'), '{');

  for (const args of [
    ['serve', '--dev', '--port', '0'],
    ['enroll', file, '--study', 'msc-aa'],
    ['assess', '--subject', 'MSC-001'],
    ['outbox', '--site', 'dev'],
  ])
    expect(await run(...args)).toMatchObject({ code: 1, err: expect.stringContaining('[library/invalid]') });

  expect(await run('outbox', '--json')).toMatchObject({ code: 0, out: '[]\n' });
  expect(await run('work', 'list', '--json')).toMatchObject({ code: 0, out: '[]\n' });
});
