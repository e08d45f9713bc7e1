import { toCanonicalJson } from '../fhir/lossless-json.ts';
import type {
  Assessment,
  CriterionInput,
  CriterionTrace,
  Deviation,
  InfusionProposal,
  SubjectAssessment,
} from '../trial/assessment.ts';
import type { Source } from '../trial/facts.ts';
import {
  type BaseStatus,
  deriveStatus,
  extractClinicalContent,
  getStatusRules,
  type LastSent,
  readLastSent,
} from './amendment.ts';
import { buildAssessmentObservation, formatAssessmentToken } from './assessment-observation.ts';
import { buildDetectedIssue, formatDeviationToken } from './detected-issue.ts';
import type { JsonObject, LastOutboxEntry, OutgoingResource, WritebackContext } from './outgoing-resource.ts';
import { buildProvenance, formatCriteriaCanonical } from './provenance.ts';
import { buildServiceRequest, formatProposalToken } from './service-request.ts';

/** One thing that a judgement says, on its way to become a resource. */
interface WritebackStatement {
  readonly identifier: string;
  readonly baseStatus: BaseStatus;
  readonly sources: readonly Source[];
  /** Canonical of the criteria; null where no criteria set decided. */
  readonly criteriaCanonical: string | null;
  /**
   * What the sources that were used state, canonical: equal where they state the same. Null where it is not known: what
   * was stored before 0.2 holds wording only.
   */
  readonly stated: string | null;
  buildContent(context: WritebackContext): JsonObject;
}

const formatSourceElement = (s: Source): string => `${s.site}|${s.resourceType}/${s.id}#${s.element}`;

function collectInputs(traces: readonly CriterionTrace[]): readonly CriterionInput[] {
  return traces.flatMap((trace) => [...trace.inputs, ...collectInputs(trace.of)]);
}

/** Collects what the sources that decided state; what was merely looked at is left out, and so is all wording. */
function collectStatedValues(traces: readonly CriterionTrace[], used: readonly Source[]): string | null {
  const places = new Set(used.map(formatSourceElement));
  const inputs = collectInputs(traces).filter(({ source }) => places.has(formatSourceElement(source)));
  if (inputs.some(({ stated }) => stated === undefined)) return null;
  const values = inputs.map(({ source, stated }) => toCanonicalJson([formatSourceElement(source), stated]));
  return [...new Set(values)].sort().join('\n');
}

/** Whether two statements are known to rest on different values. */
function restsOnOtherValues(before: WritebackStatement | undefined, now: WritebackStatement): boolean {
  return (
    before !== undefined && before.stated !== null && now.stated !== null && before.stated !== now.stated
  );
}

function buildAssessmentStatement(a: Assessment): WritebackStatement {
  const sources = [...a.evidence, ...a.supporting];
  return {
    identifier: formatAssessmentToken(a),
    baseStatus: a.status,
    sources,
    criteriaCanonical: formatCriteriaCanonical(a.criteria),
    stated: collectStatedValues(a.trace, sources),
    buildContent: (context) => buildAssessmentObservation(a, context),
  };
}

function buildDeviationStatement(d: Deviation): WritebackStatement {
  return {
    identifier: formatDeviationToken(d),
    baseStatus: 'final',
    sources: d.evidence,
    criteriaCanonical: null,
    stated: '',
    buildContent: (context) => buildDetectedIssue(d, context),
  };
}

function buildProposalStatement(p: InfusionProposal, judgement: SubjectAssessment): WritebackStatement {
  return {
    identifier: formatProposalToken(p),
    baseStatus: 'active',
    sources: p.evidence,
    criteriaCanonical: null,
    stated: '',
    buildContent: (context) => buildServiceRequest(p, judgement, context),
  };
}

function collectStatements(
  judgement: SubjectAssessment | undefined,
): ReadonlyMap<string, WritebackStatement> {
  if (!judgement) return new Map();
  const all = [
    ...judgement.assessments.map(buildAssessmentStatement),
    ...judgement.deviations.map(buildDeviationStatement),
    ...judgement.proposals.map((p) => buildProposalStatement(p, judgement)),
  ];
  return new Map(all.map((statement) => [statement.identifier, statement]));
}

function composeUpdate(
  now: WritebackStatement,
  before: WritebackStatement | undefined,
  told: LastSent | null,
  context: WritebackContext,
): OutgoingResource | null {
  const content = now.buildContent(context);
  const resourceType = String(content.resourceType);
  const changed =
    told === null ||
    extractClinicalContent(told.resource) !== extractClinicalContent(content) ||
    restsOnOtherValues(before, now);
  const status = deriveStatus(now.baseStatus, told, changed);
  if (told && !changed && status === told.status && isSamePatient(told.resource, content)) return null;
  const { timestampElement: stamp, keepsFirstTimestamp: keepsFirstStamp } = getStatusRules(resourceType);
  const first = keepsFirstStamp ? told?.resource[stamp] : undefined;
  return {
    identifier: now.identifier,
    resourceType,
    resource: { ...content, status, [stamp]: first ?? context.now },
    provenance: buildProvenance(
      told?.mayHaveBeenSeen ? 'UPDATE' : 'CREATE',
      now.sources,
      now.criteriaCanonical,
      context,
    ),
  };
}

/** A patient may come to be known by a better name: what was sent is sent again under it, and nothing is amended. */
function isSamePatient(told: JsonObject, content: JsonObject): boolean {
  const who = (resource: JsonObject) => toCanonicalJson(resource.subject ?? resource.patient ?? null);
  return who(told) === who(content);
}

/** The last content under its withdrawn status; null where that has been said. */
function composeWithdrawal(
  before: WritebackStatement,
  told: LastSent | null,
  context: WritebackContext,
): OutgoingResource | null {
  if (!told?.mayHaveBeenSeen) return null;
  const resourceType = String(told.resource.resourceType);
  const {
    timestampElement: stamp,
    keepsFirstTimestamp: keepsFirstStamp,
    withdrawnStatus: withdrawn,
  } = getStatusRules(resourceType);
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
    provenance: buildProvenance('NULLIFY', before.sources, before.criteriaCanonical, context),
  };
}

/**
 * What an EHR is owed now that a subject was judged again: a resource for each assessment, deviation and proposal whose
 * clinical content or status differs from what was owed last (`previous`, by `system|value`), and a withdrawal for each
 * that was said `before`, may have been seen, and no longer is (see `unsaid` for what was not seen). Nothing for what
 * stayed the same. Source: contract, section 4.
 */
export function composeResources(
  now: SubjectAssessment,
  before: SubjectAssessment | undefined,
  context: WritebackContext,
  previous: (identifier: string) => LastOutboxEntry | undefined,
): readonly OutgoingResource[] {
  const statements = collectStatements(now);
  const earlier = collectStatements(before);
  const owed: (OutgoingResource | null)[] = [];
  for (const [identifier, statement] of statements) {
    owed.push(composeUpdate(statement, earlier.get(identifier), readLastSent(previous(identifier)), context));
  }
  for (const [identifier, statement] of earlier) {
    if (!statements.has(identifier)) {
      owed.push(composeWithdrawal(statement, readLastSent(previous(identifier)), context));
    }
  }
  return owed.filter((one) => one !== null);
}

/** Identifiers of what was owed `before`, no longer holds, and was never handed out: nobody needs to hear of it. */
export function findObsoleteUnsent(
  now: SubjectAssessment,
  before: SubjectAssessment | undefined,
  previous: (identifier: string) => LastOutboxEntry | undefined,
): readonly string[] {
  const statements = collectStatements(now);
  return [...collectStatements(before).keys()].filter(
    (identifier) => !statements.has(identifier) && previous(identifier)?.handedOut === 0,
  );
}
