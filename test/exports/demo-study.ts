import type { StudyInput, SubjectRecord } from '../../src/exports/export-format.ts';
import { COHORT_TODAY } from '../demo/assess-demo-cohort.ts';
import { loadDemoCohort } from '../demo/load-demo-cohort.ts';

export const DEMO_AS_OF = COHORT_TODAY;

/** Builds the study of the demonstration cohort, mapped and assessed: the input of every export. */
export function buildDemoStudy(): StudyInput & { readonly records: readonly SubjectRecord[] } {
  const { library, protocol, subjects, report, invalid } = loadDemoCohort();
  if (invalid.length > 0) throw new Error('The cohort sends an invalid resource.');
  const records = subjects.map(({ subject, facts, judgement }): SubjectRecord => {
    const country = library.countries.get(subject.site);
    return { subject, facts, judgement, ...(country ? { country } : {}) };
  });
  const criteria = Object.fromEntries([...library.criteria].map(([id, set]) => [id, set.version]));
  return {
    protocol,
    registry: null,
    report,
    asOf: DEMO_AS_OF,
    versions: { software: '0.1.0', protocol: protocol.version, criteria },
    mapping: library.digests.mappings,
    draft: false,
    records,
    async *readSubjects() {
      yield* records;
    },
  };
}
