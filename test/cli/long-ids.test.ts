import { expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/** Ids over 64 characters in files, with and without the setting of the site. */
const testFolder = useFolder();

const LONG = 'eAbCdEfGh'.repeat(8);
const SETTING = '"longIds": "as-identifiers"';

const useSetting = (isOn: boolean) =>
  testFolder.writeJson('trial-adapter.json', {
    sites: { 'site-t': isOn ? { longIds: 'as-identifiers' } : {} },
  });

const count = {
  resourceType: 'Observation',
  id: `${LONG}1`,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: `Patient/${LONG}` },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
};

const writeFiles = () => ({
  enrolment: testFolder.writeFile(
    'enrolment.csv',
    formatEnrolmentFile(`L-1,site-t,Patient/${LONG},2026-02-01,2026-01-30`),
  ),
  lines: testFolder.writeFile('long.ndjson', `${JSON.stringify(count)}\n`),
  searchset: testFolder.writeJson('long.json', {
    resourceType: 'Bundle',
    type: 'searchset',
    entry: [{ fullUrl: `https://ehr.example/fhir/Observation/${LONG}1`, resource: count }],
  }),
});

test('without the setting both are refused, and the fix names it', async () => {
  useSetting(false);
  const { enrolment, lines } = writeFiles();
  const enrolled = await runInFolder(testFolder, ['enroll', enrolment, '--study', 'msc-aa']);
  expect([enrolled.code, enrolled.err]).toEqual([1, expect.stringContaining(SETTING)]);
  expect(enrolled.err).toContain('enrolment.csv:2: patient: ');
  const ingested = await runInFolder(testFolder, ['ingest', lines, '--site', 'site-t']);
  expect([ingested.code, ingested.err]).toEqual([1, expect.stringContaining(SETTING)]);
});

test('with the setting the subject is enrolled, and files in every form are taken', async () => {
  useSetting(true);
  const { enrolment, lines, searchset } = writeFiles();
  const enrol = () => runInFolder(testFolder, ['enroll', enrolment, '--study', 'msc-aa', '--json']);
  expect(JSON.parse((await enrol()).out)).toMatchObject({ enrolled: 1 });
  expect(JSON.parse((await enrol()).out)).toMatchObject({ enrolled: 0, unchanged: 1 });
  const mapped = await runInFolder(testFolder, ['map', lines, '--site', 'site-t']);
  expect([mapped.code, mapped.out]).toEqual([0, expect.stringContaining('platelets 24')]);
  const ingest = async (file: string) =>
    JSON.parse((await runInFolder(testFolder, ['ingest', file, '--site', 'site-t', '--json'])).out);
  expect(await ingest(lines)).toMatchObject({ mapped: 1, invalid: 0 });
  expect(await ingest(searchset)).toMatchObject({ unchanged: 1, invalid: 0 });
});

test('another value of the setting is refused', async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': { longIds: true } } });
  const { code, err } = await runInFolder(testFolder, ['check']);
  expect([code, err]).toEqual([1, expect.stringContaining('sites.site-t.longIds')]);
});
