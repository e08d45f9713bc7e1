import { beforeAll, describe, expect, test } from '@jest/globals';
import { statistics } from '../../../src/exports/statistics/statistics.ts';
import { reportOnSubjects } from '../../../src/trial/endpoints/study-report.ts';
import { collectTracedFiles, type TracedFile } from '../collect-traces.ts';
import {
  buildSixSubjectStudy,
  SIX_SUBJECTS,
  SIX_SUBJECTS_AS_OF,
  SIX_SUBJECTS_PROTOCOL,
} from '../registry-results/six-subject-study.ts';

/** The tables of the report, with variants of the protocol and a two-stage design, down to subjects and resources. */
const PROTOCOL = {
  ...SIX_SUBJECTS_PROTOCOL,
  analysis: {
    ...SIX_SUBJECTS_PROTOCOL.analysis,
    twoStage: { n1: 2, r1: 0, n: 5, r: 1, p0: '0.05', p1: '0.3' },
  },
};

/** Under every variant S3 responds as well, and nobody else. */
const VARIANTS = SIX_SUBJECTS_PROTOCOL.analysis.sensitivity.map(({ id }) => id);
const RECORDS = SIX_SUBJECTS.map((record) => ({
  ...record,
  variants: Object.fromEntries(
    VARIANTS.map((id) => [id, record.subject.subject === 'S3' ? ('PR' as const) : ('NR' as const)]),
  ),
}));

let file: TracedFile;
beforeAll(async () => {
  const report = reportOnSubjects({ protocol: PROTOCOL, subjects: RECORDS, today: SIX_SUBJECTS_AS_OF });
  const [traced] = await collectTracedFiles(
    statistics,
    buildSixSubjectStudy({ protocol: PROTOCOL, report }, RECORDS),
  );
  if (!traced) throw new Error('no file');
  file = traced;
});

const findBehind = (at: string): ReadonlyMap<string, readonly string[]> => {
  const figure = file.figures.find((entry) => entry.at === `tables/${at}`);
  if (!figure) throw new Error(`no figure ${at}`);
  return figure.resourcesBySubject;
};

test('a number of subjects is the number of those behind it; none but 0 or NA has nobody', () => {
  const tables = file.figures.filter(({ at }) => at.startsWith('tables/'));
  expect(tables.length).toBeGreaterThan(500);
  for (const { at, value, counts, resourcesBySubject: from } of tables) {
    if (counts === 'participants') expect([at, value]).toEqual([at, String(from.size)]);
    if (from.size === 0) expect([at, ['0', 'NA'].includes(value)]).toEqual([at, true]);
  }
});

describe('who is behind a figure', () => {
  test.each([
    ['analysisSets/sets/treated/count', ['S1', 'S2', 'S3', 'S4', 'S5']],
    ['analysisSets/excluded/evaluable/counts/withdrawn', ['S4']],
    ['analysisSets/response/enrolled/percent', ['S1', 'S2', 'S3', 'S4', 'S5', 'S6']],
    ['sensitivity/rows/unconfirmed/response/count', ['S3']],
    ['sensitivity/rows/unconfirmed/changed/count', ['S1', 'S2', 'S3', 'S5', 'S6']],
    ['durations/eventFree/months/12/survival', ['S1', 'S2', 'S3', 'S4', 'S5']],
    ['durations/responseDuration/counts/events', ['S2']],
    ['responseIncidence/counts/death', ['S3']],
    ['landmarks/landmarks/6/counts/diedBefore', ['S3']],
    ['landmarks/landmarks/6/responders/of', ['S1', 'S2']],
    ['subgroups/factors/sex/levels/female/response/of', ['S1', 'S4']],
    ['subgroups/factors/severity/levels/VSAA/response/percent', ['S1']],
    ['baseline/age/median', ['S1', 'S2', 'S3']],
    ['exposure/firstCourse/counts/1', ['S1', 'S2', 'S3', 'S4', 'S5']],
    // On days 2 and 8, and 31: the window ends 30 days after the only infusion.
    ['adverseEvents/terms/fever/periods/emergent/events/all', ['S1']],
    ['adverseEvents/terms/fever/periods/later/counts/subjects', ['S2']],
    ['adverseEvents/deaths/counts/later', ['S2', 'S3']],
    ['twoStage/stages/first/responders', ['S1', 'S2', 'S3', 'S4', 'S5', 'S6']],
  ])('%s', (at, subjects) => {
    expect([...findBehind(at).keys()]).toEqual(subjects);
  });

  test('an event leads to its own resource, an age to the Patient', () => {
    const rash = findBehind('adverseEvents/terms/rash/periods/emergent/counts/subjects').get('S5');
    expect(rash).toEqual([expect.stringContaining('AdverseEvent/s5-adverseevent-2024-01-05')]);
    expect(findBehind('baseline/age/median').get('S1')).toEqual([expect.stringContaining('/Patient')]);
  });

  test('whoever is only in the denominator has no resource', () => {
    const behind = findBehind('analysisSets/response/enrolled/percent');
    expect(behind.get('S1')?.length).toBeGreaterThan(0);
    expect(behind.get('S6')).toEqual([]);
  });

  test('a course is a row of its subject', () => {
    const row = file.rows.find(({ at }) => at === 'courses/S3');
    expect(row).toMatchObject({ subject: 'S3', values: { dayZero: '2024-01-01', death: 100 } });
    expect(file.rows.some(({ at }) => at === 'courses/S6')).toBe(false);
  });
});
