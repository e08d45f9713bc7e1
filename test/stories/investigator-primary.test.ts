import { beforeAll, expect, test } from '@jest/globals';
import { replaceInFile } from '../support/with-mappings.ts';
import { useService } from '../support/with-service.ts';
import { BETTER_COUNTS, buildBloodCount, buildInfusion, SEVERE_COUNTS } from './hospital-resources.ts';

/** A study whose protocol makes the investigator's class primary. */
const adapter = useService('file', {
  editMappings: (mappings) =>
    replaceInFile(
      `${mappings}/studies/msc-aa/protocol.json`,
      '"bestResponseBy"',
      '"primaryAssessor": "investigator", "bestResponseBy"',
    ),
});

beforeAll(async () => {
  for (const n of [1, 2]) {
    await adapter.enrol(`S-${n}`, `Patient/p${n}`);
    const resources = [
      ...buildBloodCount(`p${n}`, '2026-01-08', SEVERE_COUNTS),
      buildInfusion(`p${n}`),
      ...buildBloodCount(`p${n}`, '2026-04-10', BETTER_COUNTS),
      ...buildBloodCount(`p${n}`, '2026-05-20', BETTER_COUNTS),
    ];
    for (const resource of resources) await adapter.send(resource);
  }
  await adapter.service.assessDueSubjects();
  for (const visit of ['M3', 'all']) {
    await adapter.service.adjudicate({
      ...{ study: 'msc-aa', subject: 'S-1', on: '2026-06-01', by: 'Dr A. Novak', why: 'Own review.' },
      statement: { topic: 'investigator-response', visit, scope: 'overall', class: 'NR', agrees: false },
    });
  }
  await adapter.service.assessDueSubjects();
});

test("the report counts the investigator's class, and marks where the engine's counts instead", async () => {
  const { response, bestResponses } = await adapter.service.report({
    study: 'msc-aa',
    asOf: null,
    withSensitivity: false,
  });
  expect(bestResponses).toMatchObject([
    { subject: 'S-1', class: 'NR', assessor: 'investigator' },
    { subject: 'S-2', class: 'PR', assessor: 'engine-instead' },
  ]);
  expect(response).toMatchObject({
    primaryAssessor: 'investigator',
    overall: { count: 1 },
    none: { count: 1 },
  });
});

async function exportFile(format: string, file: string): Promise<string> {
  let content = '';
  const request = { format, study: 'msc-aa', draft: false, trace: false };
  for await (const chunk of await adapter.service.exportStudy(request))
    if (chunk.file === file) content += chunk.content;
  return content;
}

interface Dataset {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

test('RS has both classes of a visit, and accepts that of the investigator', async () => {
  const { columns, rows } = JSON.parse(await exportFile('sdtm', 'sdtm/rs.json')) as Dataset;
  const names = columns.map(({ name }) => name);
  const records = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  const atM3 = records.filter(
    ({ USUBJID, RSTESTCD, VISIT }) =>
      String(USUBJID).endsWith('S-1') && RSTESTCD === 'OVRLRESP' && VISIT === '3 MONTHS',
  );
  expect(atM3.map(({ RSORRES, RSEVAL, RSACPTFL }) => [RSORRES, RSEVAL, RSACPTFL])).toEqual([
    ['PR', null, null],
    ['NR', 'INVESTIGATOR', 'Y'],
  ]);
});

test('the table of subjects has the primary best response', async () => {
  const [header = '', ...lines] = (await exportFile('csv', 'subjects.csv')).split(/\r?\n/);
  const at = header.split(',').indexOf('bestResponse');
  expect(lines.filter(Boolean).map((line) => line.split(',')[at])).toEqual(['NR', 'PR']);
});
