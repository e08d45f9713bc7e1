import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { adam } from '../../../src/exports/adam/adam.ts';
import type { ExportFormat, StudyInput } from '../../../src/exports/export-format.ts';
import { odm } from '../../../src/exports/odm/odm.ts';
import { redcap } from '../../../src/exports/redcap/redcap.ts';
import { sdtm } from '../../../src/exports/sdtm/sdtm.ts';
import type { Fact } from '../../../src/trial/facts.ts';
import { buildDemoStudy } from '../demo-study.ts';
import { assessVariedRecord, buildVariedFacts, buildVariedStudy, collectFiles } from '../varied-study.ts';

const CDISC_FORMATS: readonly ExportFormat[] = [sdtm, adam, redcap, odm];

describe('the figures of the demonstration', () => {
  let demo: ReturnType<typeof buildDemoStudy>;
  let files: ReadonlyMap<string, string>;

  beforeAll(async () => {
    demo = buildDemoStudy();
    files = new Map([...(await collectFiles(adam.write(demo))), ...(await collectFiles(sdtm.write(demo)))]);
  });

  function rows(file: string): readonly Readonly<Record<string, unknown>>[] {
    const { columns, rows: all } = JSON.parse(files.get(file) ?? '');
    return all.map((row: unknown[]) => Object.fromEntries(row.map((cell, i) => [columns[i].name, cell])));
  }

  test('responders, survival and times are the report’s', () => {
    const { response, alive, timeToResponseDays } = demo.report;
    const subjects = rows('adam/adsl.json');
    const having = (variable: string, value: string) =>
      subjects.filter((row) => row[variable] === value).length;
    expect([having('RESPFL', 'Y'), having('BESTRESP', 'CR'), having('BESTRESP', 'PR')]).toEqual([
      response.overall.count,
      response.complete.count,
      response.partial.count,
    ]);
    expect(subjects.length - having('DTHFL', 'Y')).toBe(alive.count);
    const times = rows('adam/adtte.json').filter((row) => row.CNSR === 0);
    for (const [code, lineage] of [
      ['TTRNEU', 'neutrophil'],
      ['TTRERY', 'erythroid'],
      ['TTRPLT', 'platelet'],
    ] as const) {
      const days = times.filter((row) => row.PARAMCD === code).map((row) => Number(row.AVAL));
      const { subjects: many, min, max } = timeToResponseDays[lineage];
      expect([days.length, Math.min(...days), Math.max(...days)]).toEqual([many, min, max]);
    }
  });

  test('best responses and adverse events of the tabulation are the report’s', () => {
    const best = rows('sdtm/rs.json').filter((row) => row.RSTESTCD === 'BESTRESP');
    const found = Object.fromEntries(best.map((row) => [row.USUBJID, row.RSSTRESC]));
    const reported = demo.report.bestResponses.map((row) => [`msc-aa.${row.subject}`, row.class]);
    expect(found).toEqual(Object.fromEntries(reported));
    const events = rows('sdtm/ae.json').map((row) => row.AEDECOD);
    for (const { term, subjects } of demo.report.adverseEvents)
      expect(events.filter((event) => event === term)).toHaveLength(subjects);
  });

  test('no id of a patient or a resource is in any file', () => {
    const ids = demo.records.flatMap(({ facts }) =>
      facts.flatMap((fact) => fact.sources.map(({ id }) => id)),
    );
    const text = [...files.values()].join('\n');
    const words = new Set(text.split(/[^A-Za-z0-9.-]+/));
    expect([...new Set(ids)].filter((id) => words.has(id))).toEqual([]);
    const born = demo.records.flatMap(({ facts }) =>
      facts.flatMap((fact) => (fact.kind === 'person' ? (fact.birthDate ?? []) : [])),
    );
    expect([...new Set(born)].filter((day) => text.includes(`"${day}"`))).toEqual([]);
  });
});

describe.each(CDISC_FORMATS)('$id', (format) => {
  const shuffled = (facts: readonly Fact[]) => [...facts].reverse();

  test('yields the same bytes regardless of the order of arrival', async () => {
    const one = await collectFiles(
      format.write(buildVariedStudy([assessVariedRecord('S-1', buildVariedFacts('S-1'))])),
    );
    const other = await collectFiles(
      format.write(buildVariedStudy([assessVariedRecord('S-1', shuffled(buildVariedFacts('S-1')))])),
    );
    expect(Object.fromEntries(other)).toEqual(Object.fromEntries(one));
    expect(one.size).toBeGreaterThan(0);
  });

  test('reads each subject once to count and once to write, however many files there are', async () => {
    let walks = 0;
    const study = buildVariedStudy([assessVariedRecord('S-1', buildVariedFacts('S-1'))]);
    const input: StudyInput = {
      ...study,
      readSubjects() {
        walks += 1;
        return study.readSubjects();
      },
    };
    await collectFiles(format.write(input));
    expect(walks).toBeLessThanOrEqual(2);
  });

  test('marks a draft as a draft', async () => {
    const input = { ...buildVariedStudy([assessVariedRecord('S-1', buildVariedFacts('S-1'))]), draft: true };
    const text = [...(await collectFiles(format.write(input))).values()].join('\n');
    expect(format.id === 'redcap' || text.includes('DRAFT-NOT-FOR-UPLOAD')).toBe(true);
    expect(text).not.toContain('msc-aa.S-1');
  });

  const count = 600;

  test(`needs no more memory for ${count} subjects than for a quarter of them`, async () => {
    // Something else in the process may allocate meanwhile; what the format keeps, it keeps each time.
    const growths = [await measureGrowth(format, count)];
    while (growths.length < 3 && (growths.at(-1)?.megabytes ?? 0) >= 1)
      growths.push(await measureGrowth(format, count));
    expect(Math.min(...growths.map(({ megabytes }) => megabytes))).toBeLessThan(1);
    expect(Math.max(...growths.map(({ longestPiece }) => longestPiece))).toBeLessThan(400_000);
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Creates subjects on demand and keeps none of them. */
function streamSubjects(count: number, heaps: Map<number, number>): StudyInput {
  const pattern = assessVariedRecord('S-0', buildVariedFacts('S-0'));
  return {
    ...buildVariedStudy([pattern]),
    async *readSubjects() {
      for (let i = 0; i < count; i++) {
        const subject = `S-${String(i).padStart(6, '0')}`;
        const facts = pattern.facts.map((fact) => ({ ...fact }));
        yield { ...pattern, facts, subject: { ...pattern.subject, subject } };
        if (i !== count / 4 && i !== count - 1) continue;
        collectGarbage();
        heaps.set(i, process.memoryUsage().heapUsed);
      }
    },
  };
}

/** Measures how much the heap grew between a quarter and the last of the subjects of the last pass. */
async function measureGrowth(format: ExportFormat, count: number) {
  const heaps = new Map<number, number>();
  let longestPiece = 0;
  for await (const { content } of format.write(streamSubjects(count, heaps)))
    longestPiece = Math.max(longestPiece, content.length);
  const megabytes = ((heaps.get(count - 1) ?? Number.NaN) - (heaps.get(count / 4) ?? 0)) / 1_000_000;
  return { megabytes, longestPiece };
}
