import { Failure } from '../errors.ts';
import { type Difference, differenceOf, type JudgedSubject } from '../pipeline/flips.ts';
import type { StudyRules } from '../pipeline/judge.ts';
import { type OpenWork, openWorkOf } from '../pipeline/open-work.ts';
import { type Asked, type Judged, judgedFor } from '../pipeline/questions.ts';
import type { Store } from '../store/store.ts';
import { type Report, reportOf } from '../trial/endpoints/report.ts';
import { subjectFigures } from '../trial/endpoints/subject-figures.ts';
import { explainSubject } from '../trial/explain.ts';
import type { InForce } from './in-force.ts';
import { type OtherCriteria, otherRules, protocolOf } from './rules.ts';

/** What can be asked of the stored data. Nothing is stored or written back by asking. */
export interface Asking {
  /** Judgements; by other criteria where given. Throws `cli/failed` for an unknown study, subject or set. */
  assess(asked: Asked, criteria: OtherCriteria | null): Promise<readonly JudgedSubject[]>;
  /** Who would get another class by the other criteria. */
  differ(asked: Asked, criteria: OtherCriteria): Promise<Difference>;
  explain(asked: Asked & { readonly subject: string }, visit: string | null): Promise<string>;
  report(asked: Omit<Asked, 'subject'>): Promise<ReportWithWork>;
}

/** The endpoints, and what is held back now and could change them. */
export type ReportWithWork = Report & { readonly openWork: OpenWork };

const short = ({ subject, judgement }: Judged): JudgedSubject => ({ subject: subject.subject, judgement });

/** The day as of which a study is reported: that of Greenwich, for sites of any zone. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

/** Answers from the store, by the library in force. */
export function asking(store: Store, inForce: () => InForce): Asking {
  const judged = <T>(asked: Asked, now: InForce, rules: StudyRules, keep: (one: Judged) => T) =>
    store.read((tx) => judgedFor(tx, now.pipeline, now.judging, rules, asked, keep));
  return {
    async assess(asked, criteria) {
      const now = inForce();
      const own = now.judging.rules(asked.study);
      const rules = criteria ? otherRules(now.library, asked.study, criteria) : own;
      return judged(asked, now, rules, short);
    },
    async differ(asked, criteria) {
      const { library, pipeline, judging } = inForce();
      const rules = [judging.rules(asked.study), otherRules(library, asked.study, criteria)] as const;
      // Both from one state of the store: what comes meanwhile must not look like a flip.
      const [before, after] = await store.read(async (tx) => [
        await judgedFor(tx, pipeline, judging, rules[0], asked, short),
        await judgedFor(tx, pipeline, judging, rules[1], asked, short),
      ]);
      return differenceOf(before ?? [], after ?? []);
    },
    async explain(asked, visit) {
      const now = inForce();
      const protocol = protocolOf(now.library, asked.study);
      const visits = protocol.visits.map(({ id }) => id);
      if (visit !== null && ![...visits, 'all'].includes(visit)) {
        const fix = `Use one of ${visits.join(', ')}, or all for the whole course.`;
        throw new Failure('cli/failed', `There is no visit ${visit}.`, { at: '--visit', fix });
      }
      const [one] = await judged(asked, now, now.judging.rules(asked.study), (judgedOne) => judgedOne);
      if (!one) throw new Error('A subject was found and is not there.');
      const by = { subject: asked.subject, study: asked.study, protocol: protocol.version };
      return explainSubject(one.judgement, one.facts, visit ?? undefined, by);
    },
    async report(asked) {
      const now = inForce();
      const today = asked.asOf?.day ?? dayOf(now.judging.now());
      const protocol = protocolOf(now.library, asked.study);
      const keep = (one: Judged) => subjectFigures(one, protocol, today);
      const rules = now.judging.rules(asked.study);
      const all = { ...asked, subject: null };
      // From one state of the store: what is held back then is not in the figures, and nothing else is missing.
      return store.read(async (tx) => {
        const figures = await judgedFor(tx, now.pipeline, now.judging, rules, all, keep);
        return { ...reportOf(figures, protocol, today), openWork: await openWorkOf(tx, asked.study) };
      });
    },
  };
}
