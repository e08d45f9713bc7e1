import { Failure } from '../../errors.ts';
import { toLocalDay } from '../../fhir/datetime.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { SubjectAssessment } from '../../trial/assessment.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import type { Fact, Subject } from '../../trial/facts.ts';
import {
  type AssessmentDependencies,
  type StudyRules,
  withRuleVersions,
} from '../assess/assess-and-write-back.ts';
import { listCountedFacts, separateInvalid } from '../decisions/counted-facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { reconstructSite, type SiteSnapshot } from './site-snapshot.ts';

/** The day as of which a query is answered. */
export interface DataCutoff {
  /** A calendar day at each site. */
  readonly day: string;
  /**
   * `received`: data that had been received by the end of the day; later corrections are left out. `collected`: data known
   * now about the days up to that day, corrections included; for histories that were loaded all at once.
   */
  readonly knownBy: 'received' | 'collected';
}

/** The subjects to assess, and the day of the query. */
export interface AssessmentQuery {
  readonly study: string;
  /** null: every subject. */
  readonly subject: string | null;
  /** null: now. */
  readonly asOf: DataCutoff | null;
}

/** A subject assessed for a query; the assessment is neither stored nor written back. */
export interface QueriedSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
  /** The day as of which the subject was assessed, at their site. */
  readonly today: string;
}

type AssessmentClock = Pick<AssessmentDependencies, 'getTimeZone' | 'now' | 'trust'>;

interface SubjectFacts {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
}

/**
 * Assesses the selected subjects by the given rules, one after the other, and returns what `derive` computes from each: the
 * facts of only one subject are in memory at a time. Throws `subject/unknown`, `subject/not-enrolled` or `query/future-day`.
 */
export async function assessSelectedSubjects<T>(
  tx: StoreTransaction,
  dependencies: PipelineDependencies,
  clock: AssessmentClock,
  rules: StudyRules,
  query: AssessmentQuery,
  derive: (subject: QueriedSubject) => T,
): Promise<readonly T[]> {
  const subjects = await selectSubjects(tx, query);
  const readFacts = createFactReader(tx, dependencies, clock.trust, query.asOf);
  const results: T[] = [];
  for (const currentSubject of subjects) {
    const today = resolveAssessmentDay(clock, currentSubject.site, query.asOf);
    const { subject, facts: statedFacts } = await readFacts(currentSubject);
    const facts = reconcileFacts(statedFacts);
    const judgement = withRuleVersions(rules, rules.assess(subject, facts, today));
    results.push(derive({ subject, facts, judgement, today }));
  }
  return results;
}

/** Creates the reader of a subject's facts: from the store, or as the subject's site had sent them by the cutoff. */
function createFactReader(
  tx: StoreTransaction,
  dependencies: PipelineDependencies,
  trust: DecisionTrust,
  asOf: DataCutoff | null,
): (subject: Subject) => Promise<SubjectFacts> {
  if (asOf?.knownBy !== 'received')
    return async (subject) => ({
      subject,
      facts: await listCountedFacts(tx, trust, subject),
    });
  const snapshots = new Map<string, Promise<SiteSnapshot>>();
  return async (subject) => {
    const reconstruction =
      snapshots.get(subject.site) ??
      reconstructSite(createSiteTransaction(tx, dependencies, subject.site), asOf.day);
    snapshots.set(subject.site, reconstruction);
    const snapshot = await reconstruction;
    const listed = snapshot.listFacts(subject);
    const { counted } = await separateInvalid(tx, trust, subject, listed, 'earlier');
    return { subject: snapshot.resolveSubject(subject), facts: counted };
  };
}

async function selectSubjects(
  tx: StoreTransaction,
  { study, subject, asOf }: AssessmentQuery,
): Promise<readonly Subject[]> {
  const enrolled = await tx.subjects.list(study);
  const named = enrolled.filter((candidate) => subject === null || candidate.subject === subject);
  const selected = named.filter(({ enrolledOn }) => asOf === null || enrolledOn <= asOf.day);
  if (subject === null || selected.length > 0) return selected;
  if (named.length > 0) {
    throw new Failure('subject/not-enrolled', `${subject} was not enrolled on ${asOf?.day}.`, {
      parameter: 'asOf',
      fix: 'Use a later day.',
    });
  }
  throw new Failure('subject/unknown', `There is no subject ${subject} in ${study}.`, {
    parameter: 'subject',
    fix: 'Check the number, or enrol the subject first; `assess` without a subject lists all of them.',
  });
}

function resolveAssessmentDay(clock: AssessmentClock, site: string, asOf: DataCutoff | null): string {
  const today = toLocalDay(clock.now().getTime(), clock.getTimeZone(site));
  if (asOf === null) return today;
  if (asOf.day <= today) return asOf.day;
  throw new Failure('query/future-day', `${asOf.day} is still in the future at ${site}.`, {
    parameter: 'asOf',
    fix: 'Use today or an earlier day.',
  });
}
