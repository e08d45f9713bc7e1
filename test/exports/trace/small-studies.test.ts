import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ctgovXml } from '../../../src/exports/ctgov/export.ts';
import { FORMATS } from '../../../src/exports/formats.ts';
import { statistics } from '../../../src/exports/statistics/statistics.ts';
import { reportOf, studyReport } from '../../../src/trial/endpoints/report.ts';
import { subjectFigures } from '../../../src/trial/endpoints/subject-figures.ts';
import { AS_OF, protocol, RECORDS, studyInput } from '../ctgov/small-study.ts';
import { tracedFiles } from '../traced.ts';

/** Studies of some of the small study's subjects, one of them perhaps twice under another number. */
const someSubjects = fc
  .tuple(fc.subarray([...RECORDS], { minLength: 1 }), fc.constantFrom(...RECORDS))
  .map(([some, again]) => {
    const subject = { ...again.subject, subject: `${again.subject.subject}X` };
    const facts = again.facts.map((fact) => ({ ...fact, subject: subject.subject }));
    return [...some, { ...again, subject, facts }].toSorted((a, b) =>
      a.subject.subject < b.subject.subject ? -1 : 1,
    );
  });

test('whoever is in a study, each number of subjects is that of those behind it, and they alone give the report again', async () => {
  await fc.assert(
    fc.asyncProperty(someSubjects, async (records) => {
      const report = studyReport({ protocol, subjects: records, today: AS_OF });
      const input = studyInput({ report }, records);
      for (const format of [statistics, ctgovXml]) {
        const [file] = await tracedFiles(format, input);
        const counts = file?.figures.filter(({ counts: what }) => what === 'participants') ?? [];
        expect(counts.map(({ at, value }) => [at, value])).toEqual(
          counts.map(({ at, from }) => [at, String(from.size)]),
        );
      }
      const [file] = await tracedFiles(statistics, input);
      const behind = file?.figures.find(({ at }) => at === 'survival/survival')?.from;
      const those = records.filter(({ subject }) => behind?.has(subject.subject));
      const again = reportOf(
        those.map((one) => subjectFigures(one, protocol, AS_OF)),
        protocol,
        AS_OF,
      );
      expect(again).toMatchObject({ survival: report.survival, followUpMonths: report.followUpMonths });
    }),
    { numRuns: 40 },
  );
});

test.each(FORMATS)('$id: an address stays when another row or figure goes', async (format) => {
  const [first, ...others] = RECORDS;
  if (!first) throw new Error('no record');
  const less = [{ ...first, facts: first.facts.filter(({ kind }) => kind !== 'adverse-event') }, ...others];
  const addresses = async (records: typeof RECORDS) => {
    const report = studyReport({ protocol, subjects: records, today: AS_OF });
    const files = await tracedFiles(format, studyInput({ report }, records));
    return files.flatMap(({ file, rows, figures }) => [...rows, ...figures].map(({ at }) => `${file}#${at}`));
  };
  const [before, after] = [await addresses(RECORDS), await addresses(less)];
  expect(after.filter((at) => !before.includes(at))).toEqual([]);
  expect(before.filter((at) => !after.includes(at) && !/fever|AdverseEvent/i.test(at))).toEqual([]);
});
