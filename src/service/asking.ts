import { Failure } from '../errors.ts';
import { judgementOf } from '../pipeline/judge.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { Judgement } from '../trial/assessment.ts';
import { type Report, studyReport } from '../trial/endpoints/report.ts';
import { explainSubject } from '../trial/explain.ts';
import type { InForce } from './in-force.ts';
import { protocolOf } from './in-force.ts';

/** What can be asked of the stored facts. */
export interface Asking {
  /** Fresh judgements from the stored facts. Throws `cli/failed` for an unknown study or subject. */
  assess(
    study: string,
    subject: string | null,
  ): Promise<readonly { subject: string; judgement: Judgement }[]>;
  explain(study: string, subject: string, visit: string | null): Promise<string>;
  report(study: string): Promise<Report>;
}

async function judgedIn(
  tx: StoreTransaction,
  { library, judging }: InForce,
  study: string,
  wanted: string | null,
) {
  protocolOf(library, study);
  const all = await tx.subjects.list(study);
  const chosen = all.filter((subject) => wanted === null || subject.subject === wanted);
  if (wanted !== null && chosen.length === 0) {
    throw new Failure('cli/failed', `There is no subject ${wanted} in ${study}.`, {
      fix: 'Enrol him first; assess without --subject lists all.',
    });
  }
  return Promise.all(
    chosen.map(async (subject) => ({ subject, ...(await judgementOf(tx, judging, subject)) })),
  );
}

/** Answers from the store, by the library in force. */
export function asking(store: Store, inForce: () => InForce): Asking {
  const judged = (study: string, wanted: string | null) =>
    store.read((tx) => judgedIn(tx, inForce(), study, wanted));
  return {
    async assess(study, subject) {
      const all = await judged(study, subject);
      return all.map(({ subject: one, judgement }) => ({ subject: one.subject, judgement }));
    },
    async explain(study, subject, visit) {
      const protocol = protocolOf(inForce().library, study);
      const visits = protocol.visits.map(({ id }) => id);
      if (visit !== null && ![...visits, 'all'].includes(visit)) {
        const fix = `Use one of ${visits.join(', ')}, or all for the whole course.`;
        throw new Failure('cli/failed', `There is no visit ${visit}.`, { at: '--visit', fix });
      }
      const [one] = await judged(study, subject);
      if (!one) throw new Error('A subject was found and is not there.');
      const by = { subject, study, protocol: protocol.version };
      return explainSubject(one.judgement, one.facts, visit ?? undefined, by);
    },
    async report(study) {
      const { library, judging } = inForce();
      const today = judging.now().toISOString().slice(0, 10);
      return studyReport({
        protocol: protocolOf(library, study),
        subjects: await judged(study, null),
        today,
      });
    },
  };
}
