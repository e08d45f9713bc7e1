import type { Disposition, Issue } from '../fhir/outcome.ts';
import type { Mapped, Warning, WorkNeed } from '../mapping/mapped.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { InContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { supportingResources } from './references.ts';
import { isAmbiguous } from './who.ts';

/** What a resource states now: how it was disposed of, how many facts, and what to tell its sender. */
export interface Stated {
  readonly disposition: Extract<Disposition, 'mapped' | 'held' | 'ignored'>;
  readonly facts: number;
  readonly issues: readonly Issue[];
}

/**
 * Makes the resource state exactly what its current content says, for each of its subjects: its old facts and work
 * items go, the new ones come, and every subject who gained or lost a fact is marked for judgement.
 */
export async function state(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  { resource, fhirVersion, subjects, who, givenBy }: InContext,
): Promise<Stated> {
  await retract(tx, key);
  if (subjects.length === 0) return holdNobodys(tx, parts, key, who);
  if (isAmbiguous(subjects)) return holdAmbiguous(tx, parts, key, who);
  const resolve = await supportingResources(tx, key.site, resource);
  const dialect = parts.site(key.site);
  const all: Stated[] = [];
  for (const subject of subjects) {
    const mapped = dialect.map(resource, {
      subject: subject.subject,
      site: key.site,
      timeZone: dialect.timeZone,
      fhirVersion,
      givenBy,
      resolve,
    });
    await tx.facts.replace(key, subject.study, subject.subject, mapped.facts);
    if (mapped.facts.length > 0) await tx.subjects.markDirty(subject.study, subject.subject);
    all.push(await settle(tx, parts, key, mapped));
  }
  const first = all[0];
  if (!first) throw new Error('A resource was to be stated for nobody.');
  return first;
}

/** No report that lists it says any more whom it is about: nobody's facts until one does. */
async function holdNobodys(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  element: string,
): Promise<Stated> {
  const issue = await hold(tx, parts, key, {
    reason: 'unknown-patient',
    element,
    group: 'results that no report lists any more',
    detail: 'It names no patient, and no report of an enrolled patient lists it any more.',
    fix: 'Send a report that lists it, or the result with its subject.',
    waitsFor: 'DiagnosticReport.result',
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** One name, two subjects: nobody's facts until a person has said whose. */
async function holdAmbiguous(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  element: string,
): Promise<Stated> {
  const issue = await hold(tx, parts, key, {
    reason: 'ambiguous-patient',
    element,
    group: 'a name that two subjects share',
    detail: 'It names two subjects of one study, or contradicts itself.',
    fix: 'Refer to the patient by a Patient/id or identifier that is his alone, and send again.',
    waitsFor: null,
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** Takes back what the resource stated; the subjects who lost facts are marked for judgement. */
export async function retract(tx: StoreTransaction, key: ResourceKey): Promise<void> {
  for (const { study, subject } of await tx.facts.remove(key)) await tx.subjects.markDirty(study, subject);
  await tx.work.release(key);
}

async function settle(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  mapped: Mapped,
): Promise<Stated> {
  const held: Issue[] = [];
  const rejected: Issue[] = [];
  for (const need of mapped.work) {
    if (await tx.work.isRejected(key.site, need.reason, need.group)) rejected.push(rejectedIssue(need));
    else held.push(await hold(tx, parts, key, need));
  }
  const facts = mapped.facts.length;
  const said = facts > 0 ? [factsIssue(facts, key.resourceType)] : [];
  const warned = (mapped.warnings ?? []).map(warningIssue);
  const disposition = held.length > 0 ? 'held' : facts > 0 ? 'mapped' : 'ignored';
  return { disposition, facts, issues: [...held, ...said, ...warned, ...rejected, ...ignoredIssue(mapped)] };
}

/** Opens the work item (or joins the open one) and says so to the sender. */
export async function hold(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  need: WorkNeed,
): Promise<Issue> {
  const { reason, group, element, detail, fix, waitsFor } = need;
  const item = { site: key.site, reason, group, element, detail, fix, waitsFor };
  const id = await tx.work.hold(item, key, parts.now().toISOString());
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `Held as work item ${id}: ${detail} Fix: ${fix}`,
  };
}

function factsIssue(facts: number, resourceType: string): Issue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'mapped',
    expression: resourceType,
    diagnostics: `Mapped: ${facts} fact${facts === 1 ? '' : 's'}.`,
  };
}

function warningIssue({ reason, element, detail, fix }: Warning): Issue {
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `${detail} ${fix}`,
  };
}

function rejectedIssue(need: WorkNeed): Issue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'ignored',
    expression: need.element,
    diagnostics: `Ignored: a person has decided that ${need.group} is not needed.`,
  };
}

function ignoredIssue(mapped: Mapped): readonly Issue[] {
  if (!mapped.ignored) return [];
  const { reason, element, detail } = mapped.ignored;
  return [
    {
      severity: 'information',
      code: 'informational',
      detail: reason,
      expression: element,
      diagnostics: `Ignored: ${detail}`,
    },
  ];
}
