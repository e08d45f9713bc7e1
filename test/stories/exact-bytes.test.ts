import { expect, test } from '@jest/globals';
import { useInstallation } from '../support/with-installation.ts';

/** What a sender hears 2xx for is stored as they sent it, character for character, beside the text that is compared. */
const installation = useInstallation();

/** Spaces, order, escapes and digits as nobody else would write them. */
const buildText = (
  id: string,
  patient: string,
  value = '2.40e1',
) => `{ "status":"final", "resourceType" : "Observation",
\t"id": "${id}",  "code":{"coding":[{"code":"777-3","system":"http:\\/\\/loinc.org"}]},
 "subject":{"reference":"Patient/${patient}"},"effectiveDateTime":"2026-01-06T08:00:00Z",
 "valueQuantity":{"unit":"K\\u002fuL","value":${value}} }`;

const listSentTexts = () =>
  installation.readStore(async (tx) =>
    Object.fromEntries(
      (await tx.inbox.listCurrent()).map(({ id, body, sentText }) => [id, sentText ?? body] as const),
    ),
  );

test('by every door, sealed or not, the text is kept as it was sent', async () => {
  await installation.enrol('T-1,dev,Patient/p1,2026-01-01,2026-01-01');
  const served = await installation.startService();
  const put = (id: string, patient: string) =>
    served.call('PUT', `/Observation/${id}`, buildText(id, patient));
  expect((await put('alone', 'p1')).status).toBe(201);
  expect((await put('sealed', 'p2')).status).toBe(200);
  const compact = JSON.stringify(JSON.parse(buildText('compact', 'p1', '25')));
  expect((await served.call('PUT', '/Observation/compact', compact)).status).toBe(201);
  const entries = ['first', 'second'].map(
    (id) => `{"request":{"url":"Observation/${id}","method":"PUT"}, "resource" :${buildText(id, 'p1')}\n}`,
  );
  const bundle = `{"entry":[${entries.join(' , ')}], "type":"batch","resourceType":"Bundle"}`;
  expect((await served.call('POST', '', bundle)).status).toBe(200);
  const line = buildText('line', 'p1').replaceAll(/\s*\n\s*/g, ' ');
  const ndjson = { 'content-type': 'application/fhir+ndjson' };
  expect((await served.call('POST', '/$ingest', `${line}\r\n`, ndjson)).status).toBe(200);
  await installation.enrol('T-2,dev,Patient/p2,2026-01-01,2026-01-01');
  const file = installation.folder.writeFile('one.json', buildText('file', 'p1'));
  expect((await installation.run('ingest', file, '--site', 'dev')).code).toBe(0);
  const texts = await listSentTexts();
  for (const id of ['alone', 'first', 'second', 'file']) expect(texts[id]).toBe(buildText(id, 'p1'));
  expect(texts.sealed).toBe(buildText('sealed', 'p2'));
  expect(texts.compact).toBe(compact);
  expect(texts.line).toBe(line);
  // Whoever sends the same in other clothes sends the same.
  const again = await served.call(
    'PUT',
    '/Observation/alone',
    buildText('alone', 'p1').replaceAll(/\s+/g, ''),
  );
  expect(again.status).toBe(200);
  expect((await listSentTexts()).alone).toBe(buildText('alone', 'p1'));
  await served.stop();
});
