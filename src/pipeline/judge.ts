import { BASE } from '../fhir/canonical.ts';
import { localDay } from '../fhir/datetime.ts';
import { stringifyJson } from '../fhir/json.ts';
import { isDerivedId } from '../intake/identity.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { Judgement, Versions } from '../trial/assessment.ts';
import { factsAsJudged } from '../trial/counts/settle.ts';
import type { Fact, Source, Subject } from '../trial/facts.ts';
import { composeOwed, unsaid } from '../writeback/compose.ts';
import type { WritebackContext } from '../writeback/owed.ts';

/** What judging needs of one study; `judge` is the trial engine over the study's own protocol and criteria. */
export interface StudyRules {
  readonly study: string;
  readonly title: string;
  readonly versions?: Versions;
  judge(subject: Subject, facts: readonly Fact[], today: string): Judgement;
}

export interface JudgeParts {
  readonly softwareVersion: string;
  rules(study: string): StudyRules;
  timeZone(site: string): string;
  now(): Date;
  /** Told of a subject who could not be judged. */
  judgingFailed(who: { readonly study: string; readonly subject: string }, cause: unknown): void;
}

/** The judgement with the versions of everything that made it. */
export function withVersions(rules: StudyRules, judgement: Judgement): Judgement {
  return rules.versions ? { ...judgement, versions: rules.versions } : judgement;
}

/** The rules behind a judgement beside its criteria set, as Provenance.policy names them. */
function policiesOf(versions: Versions | undefined): readonly string[] {
  if (!versions) return [];
  const { protocol, mapping } = versions;
  return [`${BASE}/protocol/${protocol.id}|${protocol.version}`, `${BASE}/mapping|${mapping}`];
}

/** A subject whose facts have changed, and the mark as it stood. */
export interface Dirty {
  readonly study: string;
  readonly subject: string;
  readonly mark: number;
}

/** A subject judged from the facts as they are now; nothing is stored. */
export async function judgementOf(
  tx: StoreTransaction,
  parts: JudgeParts,
  subject: Subject,
): Promise<{ judgement: Judgement; facts: readonly Fact[] }> {
  const facts = factsAsJudged(await tx.facts.of(subject.study, subject.subject));
  const today = localDay(parts.now().getTime(), parts.timeZone(subject.site));
  const rules = parts.rules(subject.study);
  return { judgement: withVersions(rules, rules.judge(subject, facts, today)), facts };
}

/**
 * Step 3: judges a subject again and, in the same transaction, owes the EHR every difference. A correction is nothing
 * special: the facts are others, so the judgement is another, and what was said before is amended or withdrawn.
 */
export async function judgeAndOwe(tx: StoreTransaction, parts: JudgeParts, dirty: Dirty): Promise<void> {
  const subject = await tx.subjects.get(dirty.study, dirty.subject);
  if (!subject) throw new Error('A subject without enrolment was marked for judgement.');
  // Withdrawn: processing and write-back stop, and nothing is deleted.
  if (subject.status !== 'withdrawn') await judgePresent(tx, parts, subject);
  await tx.subjects.clearDirty(dirty.study, dirty.subject, dirty.mark);
  await tx.work.release(asideKey(subject));
}

/** Until his facts change (or the next hour comes), the subject waits for a person. */
export async function setAside(tx: StoreTransaction, parts: JudgeParts, dirty: Dirty): Promise<void> {
  const subject = await tx.subjects.get(dirty.study, dirty.subject);
  await tx.subjects.clearDirty(dirty.study, dirty.subject, dirty.mark);
  if (!subject) return;
  const need = {
    site: subject.site,
    reason: 'cannot-be-judged',
    group: `${subject.study} ${subject.subject}`,
    element: 'ResearchSubject',
    detail: 'Judging this subject fails; his EHR keeps what it was told last.',
    fix: 'Look for the error in the log; correct the data, or report it.',
    waitsFor: null,
  };
  await tx.work.hold(need, asideKey(subject), parts.now().toISOString());
}

const asideKey = ({ site, study, subject }: Subject) => ({
  site,
  resourceType: 'Judgement',
  id: `${study}.${subject}`,
});

async function judgePresent(tx: StoreTransaction, parts: JudgeParts, subject: Subject): Promise<void> {
  const { judgement } = await judgementOf(tx, parts, subject);
  const before = await tx.judgements.get(subject.study, subject.subject);
  const context = await contextFor(tx, parts, subject);
  const told = await tx.outbox.list({ site: subject.site, subject: subject.subject });
  const byIdentifier = new Map(told.map((entry) => [entry.identifier, entry]));
  const previous = (identifier: string) => byIdentifier.get(identifier);
  const owed = composeOwed(judgement, before, context, previous);
  for (const identifier of unsaid(judgement, before, previous))
    await tx.outbox.forget(subject.site, identifier);
  for (const one of owed) {
    await tx.outbox.owe(
      {
        site: subject.site,
        study: subject.study,
        subject: subject.subject,
        identifier: one.identifier,
        resourceType: one.resourceType,
        resource: stringifyJson(one.resource),
        provenance: stringifyJson(one.provenance),
      },
      context.now,
    );
  }
  await tx.judgements.put(subject.study, subject.subject, judgement, context.now);
}

async function contextFor(
  tx: StoreTransaction,
  parts: JudgeParts,
  subject: Subject,
): Promise<WritebackContext> {
  const [patient] = await tx.subjects.patients(subject.study, subject.subject);
  if (!patient) throw new Error('A subject is enrolled without a patient.');
  const rules = parts.rules(subject.study);
  return {
    site: subject.site,
    study: { identifier: `${BASE}/ResearchStudy|${subject.study}`, title: rules.title },
    patient,
    softwareVersion: parts.softwareVersion,
    policies: policiesOf(rules.versions),
    now: parts.now().toISOString(),
    resolvable: (source: Source) => source.site === subject.site && !isDerivedId(source.id),
  };
}
