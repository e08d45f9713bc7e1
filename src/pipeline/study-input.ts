import type { StudyInput, SubjectRecord } from '../exports/format.ts';
import type { Store } from '../store/store.ts';
import type { Report } from '../trial/endpoints/report.ts';
import type { Judged } from '../trial/endpoints/subject-figures.ts';
import { type JudgeParts, judgementOf } from './judge.ts';

/** Every subject of a study with facts and judgement, in order of the subject numbers, one at a time from the store. */
async function* judgedSubjects(store: Store, parts: JudgeParts, study: string): AsyncIterable<Judged> {
  const subjects = await store.read((tx) => tx.subjects.list(study));
  for (const subject of subjects) {
    yield { subject, ...(await store.read((tx) => judgementOf(tx, parts, subject))) };
  }
}

/**
 * A study as an export sees it; the subjects are read anew each time they are walked. `countries`: by site. `report`: null
 * where the format does not read it.
 */
export function studyInput(
  store: Store,
  parts: JudgeParts,
  {
    countries,
    report,
    ...rest
  }: Omit<StudyInput, 'subjects' | 'report'> & {
    readonly countries: ReadonlyMap<string, string>;
    readonly report: Report | null;
  },
): StudyInput {
  return {
    ...rest,
    get report(): Report {
      if (report === null) throw new Error('The format reads the report and does not say so.');
      return report;
    },
    async *subjects(): AsyncIterable<SubjectRecord> {
      for await (const judged of judgedSubjects(store, parts, rest.protocol.id)) {
        const country = countries.get(judged.subject.site);
        yield country === undefined ? judged : { ...judged, country };
      }
    },
  };
}
