import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ctgovXml } from '../../../src/exports/ctgov/ctgov.ts';
import { EXPORT_FORMATS } from '../../../src/exports/formats.ts';
import { statistics } from '../../../src/exports/statistics/statistics.ts';
import { buildStudyReport, reportOnSubjects } from '../../../src/trial/endpoints/study-report.ts';
import { deriveSubjectFigures } from '../../../src/trial/endpoints/subject-figures.ts';
import { collectTracedFiles } from '../collect-traces.ts';
import {
  buildSixSubjectStudy,
  SIX_SUBJECTS,
  SIX_SUBJECTS_AS_OF,
  SIX_SUBJECTS_PROTOCOL,
} from '../registry-results/six-subject-study.ts';

/** Studies of some of the small study's subjects, one of them perhaps twice under another number. */
const someSubjects = fc
  .tuple(fc.subarray([...SIX_SUBJECTS], { minLength: 1 }), fc.constantFrom(...SIX_SUBJECTS))
  .map(([some, again]) => {
    const subject = { ...again.subject, subject: `${again.subject.subject}X` };
    const facts = again.facts.map((fact) => ({ ...fact, subject: subject.subject }));
    return [...some, { ...again, subject, facts }].toSorted((a, b) =>
      a.subject.subject < b.subject.subject ? -1 : 1,
    );
  });

test('for any subjects, each number of subjects equals the subjects behind it, and those alone reproduce the report', async () => {
  await fc.assert(
    fc.asyncProperty(someSubjects, async (records) => {
      const report = reportOnSubjects({
        protocol: SIX_SUBJECTS_PROTOCOL,
        subjects: records,
        today: SIX_SUBJECTS_AS_OF,
      });
      const input = buildSixSubjectStudy({ report }, records);
      for (const format of [statistics, ctgovXml]) {
        const [file] = await collectTracedFiles(format, input);
        const counts = file?.figures.filter(({ counts: what }) => what === 'participants') ?? [];
        expect(counts.map(({ at, value }) => [at, value])).toEqual(
          counts.map(({ at, resourcesBySubject: from }) => [at, String(from.size)]),
        );
      }
      const [file] = await collectTracedFiles(statistics, input);
      const behind = file?.figures.find(({ at }) => at === 'survival/survival')?.resourcesBySubject;
      const those = records.filter(({ subject }) => behind?.has(subject.subject));
      const again = buildStudyReport(
        those.map((one) => deriveSubjectFigures(one, SIX_SUBJECTS_PROTOCOL, SIX_SUBJECTS_AS_OF)),
        SIX_SUBJECTS_PROTOCOL,
        SIX_SUBJECTS_AS_OF,
      );
      expect(again).toMatchObject({ survival: report.survival, followUpMonths: report.followUpMonths });
    }),
    { numRuns: 40 },
  );
});

test.each(EXPORT_FORMATS)('$id: an address stays when another row or figure goes', async (format) => {
  const [first, ...others] = SIX_SUBJECTS;
  if (!first) throw new Error('no record');
  const less = [{ ...first, facts: first.facts.filter(({ kind }) => kind !== 'adverse-event') }, ...others];
  const addresses = async (records: typeof SIX_SUBJECTS) => {
    const report = reportOnSubjects({
      protocol: SIX_SUBJECTS_PROTOCOL,
      subjects: records,
      today: SIX_SUBJECTS_AS_OF,
    });
    const files = await collectTracedFiles(format, buildSixSubjectStudy({ report }, records));
    return files.flatMap(({ file, rows, figures }) => [...rows, ...figures].map(({ at }) => `${file}#${at}`));
  };
  const [before, after] = [await addresses(SIX_SUBJECTS), await addresses(less)];
  expect(after.filter((at) => !before.includes(at))).toEqual([]);
  expect(before.filter((at) => !after.includes(at) && !/fever|AdverseEvent/i.test(at))).toEqual([]);
});
