import { canonicalJson } from '../fhir/json.ts';
import type { Assessment, Deviation, InputTrace, Judgement, Proposal, Trace } from '../trial/assessment.ts';
import type { Source } from '../trial/facts.ts';
import { clinicalContent, habitOf, nextStatus, type Standing, type Told, toldBefore } from './change.ts';
import { detectedIssueOf, deviationToken } from './detected-issue.ts';
import { assessmentToken, observationOf } from './observation.ts';
import type { JsonObject, LastOwed, Owed, WritebackContext } from './owed.ts';
import { criteriaCanonical, provenanceOf } from './provenance.ts';
import { proposalToken, serviceRequestOf } from './service-request.ts';

/** One thing that a judgement says, on its way to become a resource. */
interface Statement {
  readonly identifier: string;
  readonly standing: Standing;
  readonly sources: readonly Source[];
  /** Canonical of the criteria; null where no criteria set decided. */
  readonly policy: string | null;
  /**
   * What the sources that were used state, canonical: equal where they state the same. Null where it is not known: what
   * was stored before 0.2 holds wording only.
   */
  readonly stated: string | null;
  content(context: WritebackContext): JsonObject;
}

const placeOf = (s: Source): string => `${s.site}|${s.resourceType}/${s.id}#${s.element}`;

function collectInputs(traces: readonly Trace[]): readonly InputTrace[] {
  return traces.flatMap((trace) => [...trace.inputs, ...collectInputs(trace.of)]);
}

/** Collects what the sources that decided state; what was merely looked at is left out, and so is all wording. */
function collectStatedValues(traces: readonly Trace[], used: readonly Source[]): string | null {
  const places = new Set(used.map(placeOf));
  const inputs = collectInputs(traces).filter(({ source }) => places.has(placeOf(source)));
  if (inputs.some(({ stated }) => stated === undefined)) return null;
  const values = inputs.map(({ source, stated }) => canonicalJson([placeOf(source), stated]));
  return [...new Set(values)].sort().join('\n');
}

/** Whether two statements are known to rest on different values. */
function restsOnOtherValues(before: Statement | undefined, now: Statement): boolean {
  return (
    before !== undefined && before.stated !== null && now.stated !== null && before.stated !== now.stated
  );
}

function ofAssessment(a: Assessment): Statement {
  const sources = [...a.evidence, ...a.supporting];
  return {
    identifier: assessmentToken(a),
    standing: a.status,
    sources,
    policy: criteriaCanonical(a.criteria),
    stated: collectStatedValues(a.trace, sources),
    content: (context) => observationOf(a, context),
  };
}

function ofDeviation(d: Deviation): Statement {
  return {
    identifier: deviationToken(d),
    standing: 'final',
    sources: d.evidence,
    policy: null,
    stated: '',
    content: (context) => detectedIssueOf(d, context),
  };
}

function ofProposal(p: Proposal, judgement: Judgement): Statement {
  return {
    identifier: proposalToken(p),
    standing: 'active',
    sources: p.evidence,
    policy: null,
    stated: '',
    content: (context) => serviceRequestOf(p, judgement, context),
  };
}

function statementsOf(judgement: Judgement | undefined): ReadonlyMap<string, Statement> {
  if (!judgement) return new Map();
  const all = [
    ...judgement.assessments.map(ofAssessment),
    ...judgement.deviations.map(ofDeviation),
    ...judgement.proposals.map((p) => ofProposal(p, judgement)),
  ];
  return new Map(all.map((statement) => [statement.identifier, statement]));
}

function owedFor(
  now: Statement,
  before: Statement | undefined,
  told: Told | null,
  context: WritebackContext,
): Owed | null {
  const content = now.content(context);
  const resourceType = String(content.resourceType);
  const changed =
    told === null ||
    clinicalContent(told.resource) !== clinicalContent(content) ||
    restsOnOtherValues(before, now);
  const status = nextStatus(now.standing, told, changed);
  if (told && !changed && status === told.status && samePatient(told.resource, content)) return null;
  const { stamp, keepsFirstStamp } = habitOf(resourceType);
  const first = keepsFirstStamp ? told?.resource[stamp] : undefined;
  return {
    identifier: now.identifier,
    resourceType,
    resource: { ...content, status, [stamp]: first ?? context.now },
    provenance: provenanceOf(told?.maybeSeen ? 'UPDATE' : 'CREATE', now.sources, now.policy, context),
  };
}

/** A patient may come to be known by a better name: what was sent is sent again under it, and nothing is amended. */
function samePatient(told: JsonObject, content: JsonObject): boolean {
  const who = (resource: JsonObject) => canonicalJson(resource.subject ?? resource.patient ?? null);
  return who(told) === who(content);
}

/** The last content under its withdrawn status; null where that has been said. */
function withdrawalOf(before: Statement, told: Told | null, context: WritebackContext): Owed | null {
  if (!told?.maybeSeen) return null;
  const resourceType = String(told.resource.resourceType);
  const { stamp, keepsFirstStamp, withdrawn } = habitOf(resourceType);
  if (told.status === withdrawn) return null;
  const note = { note: [{ text: 'Withdrawn: the data that this rested on were withdrawn or corrected.' }] };
  return {
    identifier: before.identifier,
    resourceType,
    resource: {
      ...told.resource,
      status: withdrawn,
      ...(keepsFirstStamp ? {} : { [stamp]: context.now }),
      // R4 DetectedIssue has no note.
      ...(resourceType === 'DetectedIssue' ? {} : note),
    },
    provenance: provenanceOf('NULLIFY', before.sources, before.policy, context),
  };
}

/**
 * What an EHR is owed now that a subject was judged again: a resource for each assessment, deviation and proposal whose
 * clinical content or status differs from what was owed last (`previous`, by `system|value`), and a withdrawal for each
 * that was said `before`, may have been seen, and no longer is (see `unsaid` for what was not seen). Nothing for what
 * stayed the same. Source: contract, section 4.
 */
export function composeOwed(
  now: Judgement,
  before: Judgement | undefined,
  context: WritebackContext,
  previous: (identifier: string) => LastOwed | undefined,
): readonly Owed[] {
  const statements = statementsOf(now);
  const earlier = statementsOf(before);
  const owed: (Owed | null)[] = [];
  for (const [identifier, statement] of statements) {
    owed.push(owedFor(statement, earlier.get(identifier), toldBefore(previous(identifier)), context));
  }
  for (const [identifier, statement] of earlier) {
    if (!statements.has(identifier)) {
      owed.push(withdrawalOf(statement, toldBefore(previous(identifier)), context));
    }
  }
  return owed.filter((one) => one !== null);
}

/** Identifiers of what was owed `before`, no longer holds, and was never handed out: nobody needs to hear of it. */
export function unsaid(
  now: Judgement,
  before: Judgement | undefined,
  previous: (identifier: string) => LastOwed | undefined,
): readonly string[] {
  const statements = statementsOf(now);
  return [...statementsOf(before).keys()].filter(
    (identifier) => !statements.has(identifier) && previous(identifier)?.handedOut === 0,
  );
}
