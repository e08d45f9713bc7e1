import type { StudyInput, SubjectRecord } from '../../src/exports/export-format.ts';
import { assessDemoCohort, COHORT_TODAY } from '../demo/assess-demo-cohort.ts';

export const DEMO_AS_OF = COHORT_TODAY;

/** Builds the study of the demonstration cohort in process, mapped and assessed: the input of every export. */
export function buildDemoStudy(): StudyInput & { readonly records: readonly SubjectRecord[] } {
  const { library, protocol, subjects: judged, report, invalid } = assessDemoCohort();
  if (invalid.length > 0) throw new Error('the cohort sends an invalid resource');
  const records = judged.map(({ subject, facts, judgement }): SubjectRecord => {
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
