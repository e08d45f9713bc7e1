import { Failure } from '../../errors.ts';
import { toLocalDay } from '../../fhir/datetime.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { SubjectAssessment } from '../../trial/assessment.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import type { Fact, Subject } from '../../trial/facts.ts';
import {
  type AssessmentDependencies,
  type StudyRules,
  withRuleVersions,
} from '../assess/assess-and-write-back.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { reconstructSite, type SiteSnapshot } from './site-snapshot.ts';

/** As of when a question is asked. */
export interface DataCutoff {
  /** A calendar day at each site. */
  readonly day: string;
  /**
   * `received`: what had been received by the end of the day; later corrections are unknown. `collected`: what is known
   * now of the days up to that day, corrections included; for histories that were all loaded at once.
   */
  readonly knownBy: 'received' | 'collected';
}

export interface AssessmentQuery {
  readonly study: string;
  /** null: all. */
  readonly subject: string | null;
  /** null: now. */
  readonly asOf: DataCutoff | null;
}

/** A subject judged for a question; nothing of it is stored or written back. */
export interface QueriedSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
}

/**
 * Judges the subjects that are asked about by the rules given, one after the other, and gives what `keep` takes of each: no
 * more than one subject's facts need be in memory. Throws `cli/failed` for an unknown subject.
 */
export async function assessSelectedSubjects<T>(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  judging: Pick<AssessmentDependencies, 'timeZoneOfSite' | 'now'>,
  rules: StudyRules,
  asked: AssessmentQuery,
  keep: (one: QueriedSubject) => T,
): Promise<readonly T[]> {
  const chosen = await selectSubjects(tx, asked);
  const asOf = asked.asOf;
  const sites = new Map<string, Promise<SiteSnapshot>>();
  const read = async (now: Subject): Promise<{ subject: Subject; facts: readonly Fact[] }> => {
    if (asOf?.knownBy !== 'received') {
      return { subject: now, facts: await tx.facts.listForSubject(now.study, now.subject) };
    }
    const site = sites.get(now.site) ?? reconstructSite(createSiteTransaction(tx, parts, now.site), asOf.day);
    sites.set(now.site, site);
    const then = await site;
    return { subject: then.subjectAsOf(now), facts: then.factsFor(now) };
  };
  const kept: T[] = [];
  for (const now of chosen) {
    const today = resolveAssessmentDay(judging, now.site, asOf);
    const { subject, facts: stated } = await read(now);
    const facts = reconcileFacts(stated);
    kept.push(
      keep({ subject, facts, judgement: withRuleVersions(rules, rules.assess(subject, facts, today)) }),
    );
  }
  return kept;
}

async function selectSubjects(
  tx: StoreTransaction,
  { study, subject, asOf }: AssessmentQuery,
): Promise<readonly Subject[]> {
  const all = await tx.subjects.list(study);
  const named = all.filter((one) => subject === null || one.subject === subject);
  const chosen = named.filter((one) => asOf === null || one.enrolledOn <= asOf.day);
  if (subject === null || chosen.length > 0) return chosen;
  if (named.length > 0) {
    const fix = 'Ask for a later day.';
    throw new Failure('cli/failed', `${subject} was not enrolled on ${asOf?.day}.`, { at: '--as-of', fix });
  }
  throw new Failure('cli/failed', `There is no subject ${subject} in ${study}.`, {
    fix: 'Enrol him first; assess without --subject lists all.',
  });
}

function resolveAssessmentDay(
  judging: Pick<AssessmentDependencies, 'timeZoneOfSite' | 'now'>,
  site: string,
  asOf: DataCutoff | null,
): string {
  const today = toLocalDay(judging.now().getTime(), judging.timeZoneOfSite(site));
  if (asOf === null) return today;
  if (asOf.day <= today) return asOf.day;
  throw new Failure('cli/usage', `${asOf.day} has not come at ${site}.`, {
    at: '--as-of',
    fix: 'Name today or a day before it.',
  });
}
