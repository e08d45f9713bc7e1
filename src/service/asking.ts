import { Failure } from '../errors.ts';
import { criteriaFor, type Library } from '../library.ts';
import { type Difference, differenceOf, type JudgedSubject } from '../pipeline/flips.ts';
import type { StudyRules } from '../pipeline/judge.ts';
import { type OpenWork, openWorkOf } from '../pipeline/open-work.ts';
import { type Asked, type Judged, judgedFor } from '../pipeline/questions.ts';
import type { Store } from '../store/store.ts';
import type { Judgement, Versions } from '../trial/assessment.ts';
import { type Report, reportOf } from '../trial/endpoints/report.ts';
import { subjectFigures } from '../trial/endpoints/subject-figures.ts';
import { explainSubject, type JudgedBy } from '../trial/explain.ts';
import type { InForce } from './in-force.ts';
import { type OtherCriteria, otherRules, protocolOf } from './rules.ts';

/** Why a subject's classes are what they are, for a reader and as data. */
export interface Explained extends JudgedBy {
  readonly judgement: Judgement;
  readonly text: string;
}

/** What can be asked of the stored data. Nothing is stored or written back by asking. */
export interface Asking {
  /** Judgements; by other criteria where given. Throws `cli/failed` for an unknown study, subject or set. */
  assess(asked: Asked, criteria: OtherCriteria | null): Promise<readonly JudgedSubject[]>;
  /** Who would get another class by the other criteria. */
  differ(asked: Asked, criteria: OtherCriteria): Promise<Difference>;
  explain(asked: Asked & { readonly subject: string }, visit: string | null): Promise<Explained>;
  report(asked: Omit<Asked, 'subject'>): Promise<ReportWithWork>;
}

/** The endpoints, what is held back now and could change them, and the versions of all that made them. */
export type ReportWithWork = Report & { readonly openWork: OpenWork; readonly versions: Versions | null };

const short = ({ subject, judgement }: Judged): JudgedSubject => ({ subject: subject.subject, judgement });

/** The day as of which a study is reported: that of Greenwich, for sites of any zone. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

/** By what a subject was judged: the sets of the classes, and that of the severity which chose among them. */
function judgedBy(
  { study, subject }: Asked & { readonly subject: string },
  { assessments }: Judgement,
  library: Library,
): JudgedBy {
  const { version, criteria } = protocolOf(library, study);
  const ids = new Set([criteria.severity, ...assessments.map((a) => a.criteria.id)]);
  const sets = [...criteriaFor(library, study).values()].filter(({ id }) => ids.has(id));
  const named = sets.map((set) => ({ id: set.id, version: set.version, sources: set.sources }));
  return { subject, study, protocol: version, sets: named };
}

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
      const by = judgedBy(asked, one.judgement, now.library);
      const text = explainSubject(one.judgement, one.facts, visit ?? undefined, by);
      const assessments = one.judgement.assessments.filter((a) => visit === null || a.visit === visit);
      return { ...by, judgement: { ...one.judgement, assessments }, text };
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
        const openWork = await openWorkOf(tx, asked.study);
        return { ...reportOf(figures, protocol, today), openWork, versions: rules.versions ?? null };
      });
    },
  };
}
