import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { buildDecisionTrust } from '../../../src/library/decision-trust.ts';
import { listCheckedDecisions } from '../../../src/service/people/decision-history.ts';
import { type DecisionSigner, formatPublicKey } from '../../../src/signatures/sign-decision.ts';
import { buildPlateletCount } from '../../stories/hospital-resources.ts';
import { TEST_SITE, useService } from '../../support/with-service.ts';

/** What people signed about an erased person: nobody reads it any more, and nothing takes it for a forgery. */
const STUDY = 'msc-aa';
const NUMBER = 'MRN-KANARIENVOGEL';
const NAME = 'Prof. A. Novak';
const { privateKey } = generateKeyPairSync('ed25519');
const SIGNER: DecisionSigner = {
  identity: { name: NAME, id: 'novak' },
  authentication: { method: 'personal-key', systemUser: 'anovak' },
  privateKey,
};
const NOVAK = {
  ...{ id: 'novak', name: NAME, keys: [{ publicKey: formatPublicKey(privateKey) }] },
  ...{ roles: ['investigator'], sites: ['*'] },
};
const adapter = useService('test', { settings: { people: [NOVAK] } });

const sign = (why: string, shown: string | null = null) => ({ by: NAME, why, signer: SIGNER, shown });

const listDecisions = () => listCheckedDecisions(adapter.store, buildDecisionTrust(adapter.config), {});

async function acceptCode(code: string, why: string): Promise<void> {
  const coded = { code: { coding: [{ system: 'urn:local', code, display: 'Count' }] } };
  await adapter.send(buildPlateletCount(`o-${code}`, 'Patient/p1', 24, '2026-03-04', coded));
  const item = (await adapter.service.listWorkItems('open')).find(({ group }) => group.includes(code));
  await adapter.service.acceptWorkItem({
    ...{ id: item?.id ?? '', target: 'platelets' },
    ...sign(why, item?.hash),
  });
}

const decideEvaluable = (subject: string) =>
  adapter.service.adjudicate({
    ...{ study: STUDY, subject, on: null, statement: { topic: 'evaluability', holds: true } },
    ...sign(`said of ${subject}`),
  });

beforeEach(async () => {
  await adapter.enrol('E-10', `urn:mrn|${NUMBER}`);
  await adapter.enrol('E-20', 'Patient/p2');
  await adapter.send({
    ...{ resourceType: 'Patient', id: 'p1' },
    identifier: [{ system: 'urn:mrn', value: NUMBER }],
  });
  await decideEvaluable('E-10');
  await decideEvaluable('E-20');
  await acceptCode('PLT-A', 'the laboratory said so');
  await acceptCode('PLT-B', `as with ${NUMBER}`);
});

const erase = () =>
  adapter.service.erase(
    { study: STUDY, subject: 'E-10', scope: null },
    { by: NAME, why: 'request of 2026-11-28' },
    false,
  );

test('of a signed decision about them, who and when remain; it is called erased, and the others stay valid', async () => {
  const before = await listDecisions();
  expect(before.map(({ validity }) => validity.state)).toEqual(['signed', 'signed', 'signed', 'signed']);
  await erase();
  const after = await listDecisions();
  expect(after.map(({ validity }) => validity.state)).toEqual(['erased', 'signed', 'signed', 'erased']);
  for (const index of [0, 3]) {
    const { kind, by, at } = before[index] ?? {};
    expect(after[index]).toMatchObject({ kind, by, at, why: null, record: 'erased', signed: null });
  }
  for (const index of [1, 2]) expect(after[index]).toEqual(before[index]);
  expect(JSON.stringify(after)).not.toContain(NUMBER);
  expect(JSON.stringify(after)).not.toContain('E-10');
  const [other] = await adapter.service.listAdjudications(STUDY, 'E-20');
  expect(other?.validity?.state).toBe('signed');
  const items = await adapter.service.listWorkItems(null);
  const states = items.flatMap(({ decisions }) => decisions.map(({ validity }) => validity.state));
  expect(states.sort()).toEqual(['erased', 'signed']);
});

test('a map entry whose signed reason names them is removed, the others stay; the service starts again', async () => {
  const { decisionFiles } = await erase();
  const folder = `decisions/${TEST_SITE}`;
  expect(decisionFiles).toEqual([`${folder}/concepts/accepted.json`, `${folder}/history.ndjson`]);
  const [map = '', history = ''] = decisionFiles.map((file) =>
    readFileSync(join(adapter.config.dataDir, file), 'utf8'),
  );
  expect([map.includes('PLT-A'), map.includes('PLT-B')]).toEqual([true, false]);
  expect(`${map}${history}`).not.toContain(NUMBER);
  const lines = history.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { code: 'PLT-A', by: NAME, why: 'the laboratory said so', signed: expect.any(String) },
    { code: 'PLT-B', by: NAME, why: null, signed: null, isErased: true },
  ]);
  // An entry that cannot be verified would stop the library.
  await adapter.restart();
  const coded = (code: string) => ({ code: { coding: [{ system: 'urn:local', code, display: 'Count' }] } });
  const send = (id: string, code: string) =>
    adapter.send(buildPlateletCount(id, 'Patient/p2', 24, '2026-03-04', coded(code)));
  expect((await send('later-a', 'PLT-A')).disposition).toBe('mapped');
  expect((await send('later-b', 'PLT-B')).disposition).toBe('held');
});

test('the database refuses to erase a decision about somebody who is not erased, and to change an erased one', async () => {
  await erase();
  await adapter.withSqlite((database) => {
    const [live, erased] = ['<>', '='].map((sign) =>
      database.prepare(`SELECT seq, content FROM decision_log WHERE record ${sign} 'erased'`).get(),
    ) as { seq: number; content: string }[];
    const set = (seq: number | undefined, content: string | undefined) =>
      database
        .prepare("UPDATE decision_log SET record = 'erased', content = ? WHERE seq = ?")
        .run(content, seq);
    expect(() => set(live?.seq, erased?.content)).toThrow('never changed');
    expect(() => set(erased?.seq, live?.content)).toThrow('never changed');
    expect(() => set(erased?.seq, erased?.content.replace(NAME, 'Somebody'))).toThrow('never changed');
    expect(() => database.exec('DELETE FROM decision_log')).toThrow('never removed');
  });
});
