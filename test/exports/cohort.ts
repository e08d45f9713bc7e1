import type { StudyInput, SubjectRecord } from '../../src/exports/format.ts';
import { judgedCohort, TODAY } from '../demo/judged-cohort.ts';

export const AS_OF = TODAY;

/** The demonstration cohort through the mapper and the engine, in process: what every export of it starts from. */
export function demoStudy(): StudyInput & { readonly records: readonly SubjectRecord[] } {
  const { library, protocol, judged, report, invalid } = judgedCohort();
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
    asOf: AS_OF,
    versions: { software: '0.1.0', protocol: protocol.version, criteria },
    mapping: library.digests.mappings,
    draft: false,
    records,
    async *subjects() {
      yield* records;
    },
  };
}
