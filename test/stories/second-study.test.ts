import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { replaceInFile } from '../support/with-mappings.ts';
import { useService } from '../support/with-service.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** A second study is a folder of data: here the protocol of the first study under another id. */
const adapter = useService('test', {
  editMappings(mappings) {
    const protocol = join(mappings, 'studies/second/protocol.json');
    cpSync(join(mappings, 'studies/msc-aa/protocol.json'), protocol);
    replaceInFile(protocol, '"id": "msc-aa"', '"id": "second"');
  },
});

async function countLabResults(subject: string, study: string): Promise<number> {
  return (await adapter.listFacts(subject, study)).filter(({ kind }) => kind === 'lab').length;
}

test('results of a patient count in a second study as soon as the patient is enrolled there', async () => {
  await adapter.enrol('A', 'Patient/p1');
  await adapter.send(buildPlateletCount('o', 'Patient/p1', 30, '2026-02-01'));
  await adapter.enrol('Z', 'Patient/p1', { study: 'second' });
  expect([await countLabResults('A', 'msc-aa'), await countLabResults('Z', 'second')]).toEqual([1, 1]);
});
