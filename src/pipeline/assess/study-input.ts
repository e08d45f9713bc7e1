import type { StudyInput, SubjectRecord } from '../../exports/export-format.ts';
import type { Store } from '../../store/store.ts';
import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { AssessedSubject } from '../../trial/endpoints/subject-figures.ts';
import { type AssessmentDependencies, assessStoredSubject } from './assess-and-write-back.ts';

/** Every subject of a study with facts and judgement, in order of the subject numbers, one at a time from the store. */
async function* readAssessedSubjects(
  store: Store,
  parts: AssessmentDependencies,
  study: string,
): AsyncIterable<AssessedSubject> {
  const subjects = await store.read((tx) => tx.subjects.list(study));
  for (const subject of subjects) {
    yield { subject, ...(await store.read((tx) => assessStoredSubject(tx, parts, subject))) };
  }
}

/**
 * A study as an export sees it; the subjects are read anew each time they are walked. `countries`: by site. `report`: null
 * where the format does not read it.
 */
export function buildStudyInput(
  store: Store,
  parts: AssessmentDependencies,
  {
    countries,
    report,
    ...rest
  }: Omit<StudyInput, 'readSubjects' | 'report'> & {
    readonly countries: ReadonlyMap<string, string>;
    readonly report: StudyReport | null;
  },
): StudyInput {
  return {
    ...rest,
    get report(): StudyReport {
      if (report === null) throw new Error('The format reads the report and does not say so.');
      return report;
    },
    async *readSubjects(): AsyncIterable<SubjectRecord> {
      for await (const judged of readAssessedSubjects(store, parts, rest.protocol.id)) {
        const country = countries.get(judged.subject.site);
        yield country === undefined ? judged : { ...judged, country };
      }
    },
  };
}
