import type { StudyInput, SubjectRecord } from '../../exports/export-format.ts';
import type { Pseudonymise } from '../../exports/pseudonyms.ts';
import { toLocalDay } from '../../fhir/datetime.ts';
import type { Store } from '../../store/store.ts';
import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { AssessedSubject } from '../../trial/endpoints/subject-figures.ts';
import type { Fact } from '../../trial/facts.ts';
import { type AssessmentDependencies, assessStoredSubject } from './assess-and-write-back.ts';

/** Reads every subject of a study with facts and assessment, one at a time from the store, in order of number. */
async function* readAssessedSubjects(
  store: Store,
  dependencies: AssessmentDependencies,
  study: string,
  withSensitivity: boolean,
): AsyncIterable<AssessedSubject> {
  const subjects = await store.read((tx) => tx.subjects.list(study));
  const { assessVariants } = dependencies.getStudyRules(study);
  for (const subject of subjects) {
    const assessed = await store.read((tx) => assessStoredSubject(tx, dependencies, subject));
    const today = toLocalDay(dependencies.now().getTime(), dependencies.getTimeZone(subject.site));
    const variants = withSensitivity ? assessVariants?.(subject, assessed.facts, today) : undefined;
    yield { subject, ...assessed, ...(variants ? { variants } : {}) };
  }
}

/**
 * Builds the input of an export; every iteration reads the subjects again. `countries`: by site. `report`: null where the
 * format does not need it.
 */
export function buildStudyInput(
  store: Store,
  dependencies: AssessmentDependencies,
  {
    countries,
    report,
    withSensitivity,
    pseudonymise,
    withhold,
    ...rest
  }: Omit<StudyInput, 'readSubjects' | 'report'> & {
    readonly pseudonymise: Pseudonymise;
    /** Replaces the free texts of a subject that may not leave the house. */
    readonly withhold: (subject: string, facts: readonly Fact[]) => readonly Fact[];
    readonly countries: ReadonlyMap<string, string>;
    readonly report: StudyReport | null;
    readonly withSensitivity: boolean;
  },
): StudyInput {
  return {
    ...rest,
    get report(): StudyReport {
      if (report === null)
        throw new Error('An export format reads the report without declaring that it needs it.');
      return report;
    },
    async *readSubjects(): AsyncIterable<SubjectRecord> {
      for await (const assessed of readAssessedSubjects(
        store,
        dependencies,
        rest.protocol.id,
        withSensitivity,
      )) {
        const country = countries.get(assessed.subject.site);
        const facts = withhold(assessed.subject.subject, assessed.facts);
        yield { ...assessed, facts, pseudonymise, ...(country === undefined ? {} : { country }) };
      }
    },
  };
}
