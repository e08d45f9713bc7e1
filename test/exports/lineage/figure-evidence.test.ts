import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StudyInput, SubjectRecord } from '../../../src/exports/export-format.ts';
import { EXPORT_FORMATS } from '../../../src/exports/formats.ts';
import { formatResourceName, parseResourceName } from '../../../src/exports/lineage/resource-names.ts';
import { buildStudyResults } from '../../../src/exports/registry-results/build-results.ts';
import { buildStudyReport, reportOnSubjects } from '../../../src/trial/endpoints/study-report.ts';
import { deriveSubjectFigures } from '../../../src/trial/endpoints/subject-figures.ts';
import { collectTracedFiles, type TracedFigure, type TracedFile } from '../collect-traces.ts';
import { buildDemoStudy } from '../demo-study.ts';
import { COMPLETE_REGISTRY } from '../registry-results/complete-registry.ts';
import {
  buildSixSubjectStudy,
  SIX_SUBJECTS,
  SIX_SUBJECTS_AS_OF,
  SIX_SUBJECTS_PROTOCOL,
} from '../registry-results/six-subject-study.ts';

/** Any figure of any format leads to subjects and resources, and what the report gives too is what they come to. */
interface TracedStudy {
  readonly input: StudyInput;
  readonly records: readonly SubjectRecord[];
  readonly files: ReadonlyMap<string, readonly TracedFile[]>;
}

async function traceStudy(input: StudyInput, records: readonly SubjectRecord[]): Promise<TracedStudy> {
  const files = new Map<string, readonly TracedFile[]>();
  for (const format of EXPORT_FORMATS) files.set(format.id, await collectTracedFiles(format, input));
  return { input, records, files };
}

const listTracedFiles = ({ files }: TracedStudy, format: string): readonly TracedFile[] =>
  files.get(format) ?? [];

const listFigures = (study: TracedStudy, format: string): readonly TracedFigure[] =>
  listTracedFiles(study, format).flatMap((file) => file.figures);

function findFigure(study: TracedStudy, format: string, at: string): TracedFigure {
  const found = listFigures(study, format).find((one) => one.at === at);
  if (!found) throw new Error(`${format} has no figure ${at}`);
  return found;
}

/** Every resource that a subject's facts, and what was judged of them, rest on. */
function listResources({ facts, judgement }: SubjectRecord): ReadonlySet<string> {
  const stated = facts.flatMap((fact) => [
    ...fact.sources,
    ...(fact.kind === 'lab' ? (fact.contradicted ?? []).map(({ source }) => source) : []),
  ]);
  const judged = judgement.assessments.flatMap((one) => [...one.evidence, ...one.supporting]);
  return new Set([...stated, ...judged].map(formatResourceName));
}

let cohort: TracedStudy;
let small: TracedStudy;

beforeAll(async () => {
  const demo = { ...buildDemoStudy(), registry: COMPLETE_REGISTRY };
  cohort = await traceStudy(demo, demo.records);
  small = await traceStudy(buildSixSubjectStudy(), SIX_SUBJECTS);
}, 240_000);

const FORMAT_IDS = EXPORT_FORMATS.map(({ id }) => id);

describe.each(FORMAT_IDS)('%s', (format) => {
  const studies = () => [cohort, small];

  test('traces something, and no address is there twice in a file', () => {
    for (const study of studies()) {
      const addresses = listTracedFiles(study, format).map(({ rows, figures: own }) =>
        [...rows, ...own].map(({ at }) => at),
      );
      expect(addresses.flat().length).toBeGreaterThan(0);
      for (const of of addresses) expect(new Set(of).size).toBe(of.length);
    }
  });

  test('any row or figure leads to resources that its own subjects have', () => {
    for (const { files, records } of studies()) {
      const known = new Map(records.map((one) => [one.subject.subject, listResources(one)]));
      const claims = (files.get(format) ?? []).flatMap(({ file, rows, figures: own }) => [
        ...rows.flatMap(({ at, subject, from }) => (subject === null ? [] : [{ file, at, subject, from }])),
        ...own.flatMap(({ at, resourcesBySubject: from }) =>
          [...from].map(([subject, one]) => ({ file, at, subject, from: one })),
        ),
      ]);
      fc.assert(
        fc.property(fc.constantFrom(...claims), ({ subject, from }) => {
          const own = known.get(subject);
          return own !== undefined && from.every((name) => own.has(parseResourceName(name).resource));
        }),
        { numRuns: 500 },
      );
    }
  });

  test('a number of subjects is the number of those behind it; none but 0 or NA has nobody', () => {
    const all = studies().flatMap((study) => listFigures(study, format));
    const said = ({ value, counts, resourcesBySubject: from }: TracedFigure): string => {
      if (counts === 'participants') return String(from.size);
      return counts === 'figure' && from.size === 0 ? 'NA' : value;
    };
    expect(all.map((one) => [one.at, one.value])).toEqual(all.map((one) => [one.at, said(one)]));
  });

  test('no patient is named by their hospital number', () => {
    const { files, records } = cohort;
    const ids = records.flatMap(({ facts }) =>
      facts.flatMap(({ sources }) => sources.filter((s) => s.resourceType === 'Patient').map(({ id }) => id)),
    );
    expect(new Set(ids).size).toBe(74);
    const named = new RegExp(
      `("|Patient/)(${[...new Set(ids)].join('|').replaceAll('.', '\\.')})\\b(?![-.])`,
    );
    for (const { content, rows, figures: own } of files.get(format) ?? []) {
      const traces = JSON.stringify([rows, own.map(({ resourcesBySubject: from }) => [...from])]);
      expect(named.exec(content.toString('utf8'))?.[0]).toBeUndefined();
      expect(named.exec(traces)?.[0]).toBeUndefined();
    }
  });
});

/** The report of the subjects behind a figure alone: what they come to by the engine's own rules. */
function reportOfContributors(study: TracedStudy, { resourcesBySubject: from }: TracedFigure) {
  const { asOf } = study.input;
  const those = study.records.filter(({ subject }) => from.has(subject.subject));
  return buildStudyReport(
    those.map((one) => deriveSubjectFigures(one, study.input.protocol, asOf)),
    study.input.protocol,
    asOf,
  );
}

describe("recomputed from those behind it, a figure is the report's", () => {
  test('responders, complete, partial: each of those behind it is one, in statistics and in the registry', () => {
    for (const study of [cohort, small]) {
      const { response } = study.input.report;
      const ours = [
        ['overall', 'Overall response/OG000/value'],
        ['complete', 'Complete response/OG000/value'],
      ] as const;
      for (const [kind, registered] of ours) {
        const places = [
          findFigure(study, 'statistics', `response/${kind}/count`),
          findFigure(study, 'ctgov-xml', `outcomes/${registered}`),
          findFigure(study, 'ctgov-json', `outcomes/${registered}`),
        ];
        for (const place of places) {
          expect(Number(place.value)).toBe(response[kind].count);
          expect(reportOfContributors(study, place).response[kind].count).toBe(place.resourcesBySubject.size);
        }
      }
    }
  });

  test('medians and ranges of the time to response', () => {
    for (const study of [cohort, small])
      for (const lineage of ['neutrophil', 'erythroid', 'platelet'] as const) {
        const { median, min, max, quartiles } = study.input.report.timeToResponseDays[lineage];
        const place = findFigure(study, 'statistics', `timeToResponseDays/${lineage}/median`);
        const again = reportOfContributors(study, place).timeToResponseDays[lineage];
        expect(place.value).toBe(median === null ? 'NA' : String(median));
        expect(again).toMatchObject({ median, min, max, quartiles });
      }
    const registered = findFigure(cohort, 'ctgov-xml', 'outcomes/Days to neutrophils/OG000/value');
    expect(reportOfContributors(cohort, registered).timeToResponseDays.neutrophil.median).toBe(
      Number(registered.value),
    );
  });

  test('survival, follow-up and the predictors', () => {
    for (const study of [cohort, small]) {
      const { survival, followUpMonths, predictors, predictorModel } = study.input.report;
      const place = findFigure(study, 'statistics', 'survival/survival');
      expect(reportOfContributors(study, place)).toMatchObject({
        survival,
        followUpMonths,
        predictors,
        predictorModel,
      });
      expect(place.resourcesBySubject.size).toBe(study.input.report.infused);
    }
  });

  test('deaths, and adverse events by term', () => {
    for (const study of [cohort, small]) {
      const { alive, subjects, adverseEvents } = study.input.report;
      for (const format of ['ctgov-xml', 'ctgov-ae-xml', 'ctgov-json', 'eudract-ae-xml']) {
        const deaths = findFigure(study, format, 'events/groups/EG000/deaths');
        expect(deaths.resourcesBySubject.size).toBe(subjects - alive.count);
        expect(reportOfContributors(study, deaths).alive.count).toBe(0);
      }
      for (const row of adverseEvents) {
        const place = findFigure(study, 'statistics', `adverseEvents/${row.term}/subjects`);
        expect(reportOfContributors(study, place).adverseEvents).toContainEqual(row);
      }
    }
  });
});

describe('rows add up to the report', () => {
  const rowsOf = (study: TracedStudy, format: string, file: string) =>
    listTracedFiles(study, format).find((one) => one.file === file)?.rows ?? [];

  test.each([
    ['csv', 'subjects.csv', 'bestResponse'],
    ['parquet', 'subjects.parquet', 'bestResponse'],
    ['adam', 'adam/adsl.json', 'BESTRESP'],
    ['adam', 'adam/adsl.csv', 'BESTRESP'],
  ])('%s %s: classes of the best response', (format, file, column) => {
    const classes = rowsOf(cohort, format, file).map(({ values }) => values[column]);
    const { complete, partial } = cohort.input.report.response;
    const count = (word: string) => classes.filter((one) => one === word).length;
    expect([count('CR'), count('PR')]).toEqual([complete.count, partial.count]);
  });

  test.each([
    ['csv', 'adverse-events.csv', 'term'],
    ['sdtm', 'sdtm/ae.json', 'AETERM'],
    ['redcap', 'redcap/5-records.csv', 'aeterm'],
    ['odm', 'odm/odm.xml', 'aeterm'],
    ['ndjson', 'AdverseEvent.ndjson', 'event.text'],
  ])('%s %s: events by term, each of one resource', (format, file, column) => {
    const rows = rowsOf(cohort, format, file).filter(({ values }) => typeof values[column] === 'string');
    for (const { term, events, subjects } of cohort.input.report.adverseEvents) {
      const own = rows.filter(({ values }) => values[column] === term);
      expect([own.length, new Set(own.map(({ subject }) => subject)).size]).toEqual([events, subjects]);
      expect(own.every(({ from }) => from.some((name) => name.includes('/AdverseEvent/')))).toBe(true);
    }
  });

  test('the values that a trace shows for a row are those in the file', () => {
    const [labs] = listTracedFiles(cohort, 'csv').filter(({ file }) => file === 'labs.csv');
    const [head = '', ...lines] = labs?.content.toString('utf8').trimEnd().split('\r\n') ?? [];
    expect(lines).toHaveLength(labs?.rows.length ?? -1);
    fc.assert(
      fc.property(fc.nat({ max: lines.length - 1 }), (i) => {
        const shown = Object.entries(labs?.rows[i]?.values ?? {});
        expect(shown.map(([column]) => column).join(',')).toBe(head);
        expect(shown.map(([, cell]) => cell ?? '').join(',')).toBe(lines[i]);
      }),
    );
  });
});

test('a study with the report of another study is refused, not traced', async () => {
  const report = reportOnSubjects({
    protocol: SIX_SUBJECTS_PROTOCOL,
    subjects: SIX_SUBJECTS.slice(1),
    today: SIX_SUBJECTS_AS_OF,
  });
  const statistics = EXPORT_FORMATS.find(({ id }) => id === 'statistics');
  if (!statistics) throw new Error('no statistics');
  await expect(collectTracedFiles(statistics, buildSixSubjectStudy({ report }))).rejects.toMatchObject({
    code: 'exports/inconsistent',
  });
});

test('a registry model is counted and traced by one rule: a walk that finds others is refused', async () => {
  let walk = 0;
  const input = buildSixSubjectStudy({
    async *readSubjects() {
      walk += 1;
      yield* walk === 1 ? SIX_SUBJECTS : SIX_SUBJECTS.slice(1);
    },
  });
  await expect(buildStudyResults(input)).resolves.toBeDefined();
  const ctgov = EXPORT_FORMATS.find(({ id }) => id === 'ctgov-xml');
  walk = 0;
  if (!ctgov) throw new Error('no ctgov-xml');
  await expect(collectTracedFiles(ctgov, input)).rejects.toMatchObject({ code: 'exports/inconsistent' });
});
