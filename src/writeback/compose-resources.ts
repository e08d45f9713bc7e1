import { toCanonicalJson } from '../fhir/canonical-json.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type {
  Assessment,
  CriterionInput,
  CriterionTrace,
  Deviation,
  InfusionProposal,
  InvestigatorAssessment,
  SubjectAssessment,
} from '../trial/assessment.ts';
import type { Source } from '../trial/facts.ts';
import { type BaseStatus, deriveStatus, getStatusRules, type LastSent, readLastSent } from './amendment.ts';
import { buildAssessmentObservation, formatAssessmentToken } from './assessment-observation.ts';
import { extractClinicalContent } from './content.ts';
import { buildDetectedIssue, formatDeviationToken } from './detected-issue.ts';
import { buildInvestigatorObservation, formatInvestigatorToken } from './investigator-observation.ts';
import type { LastOutboxEntry, OutgoingResource, WritebackContext } from './outgoing-resource.ts';
import { buildProvenance, formatCriteriaCanonical } from './provenance.ts';
import { buildServiceRequest, formatProposalToken } from './service-request.ts';

/** An assessment, deviation or proposal, from which a resource is composed. */
interface WritebackStatement {
  readonly identifier: string;
  readonly baseStatus: BaseStatus;
  readonly sources: readonly Source[];
  /** Canonical of the criteria set; null where the statement does not follow from one. */
  readonly criteriaCanonical: string | null;
  /**
   * Formats the values that the deciding sources state as canonical text: equal where the values are equal. Null where they
   * are unknown: assessments stored before version 0.2 contain wording only.
   */
  formatStated(): string | null;
  buildContent(context: WritebackContext): JsonObject;
}

const formatSourceElement = (source: Source): string =>
  `${source.site}|${source.resourceType}/${source.id}#${source.element}`;

function collectInputs(traces: readonly CriterionTrace[]): readonly CriterionInput[] {
  return traces.flatMap((trace) => [...trace.inputs, ...collectInputs(trace.of)]);
}

/** Collects the values of the deciding sources, without other values and without wording; null where one is unknown. */
function collectStatedValues(
  traces: readonly CriterionTrace[],
  decidingSources: readonly Source[],
): string | null {
  const elements = new Set(decidingSources.map(formatSourceElement));
  const inputs = collectInputs(traces).filter(({ source }) => elements.has(formatSourceElement(source)));
  if (inputs.some(({ stated }) => stated === undefined)) return null;
  const values = inputs.map(({ source, stated }) => toCanonicalJson([formatSourceElement(source), stated]));
  return [...new Set(values)].sort().join('\n');
}

/** Whether two statements certainly follow from different values. */
function hasOtherValues(
  previousStatement: WritebackStatement | undefined,
  statement: WritebackStatement,
): boolean {
  // One statement for both: the assessment is the same object, so nothing in it has changed.
  if (previousStatement === undefined || previousStatement === statement) return false;
  const [previousValues, values] = [previousStatement.formatStated(), statement.formatStated()];
  return previousValues !== null && values !== null && previousValues !== values;
}

/** The statements of assessments, each built once as long as the assessment is in use. */
const assessmentStatements = new WeakMap<Assessment, WritebackStatement>();

function findAssessmentStatement(assessment: Assessment): WritebackStatement {
  const known = assessmentStatements.get(assessment);
  if (known) return known;
  const statement = buildAssessmentStatement(assessment);
  assessmentStatements.set(assessment, statement);
  return statement;
}

function buildAssessmentStatement(assessment: Assessment): WritebackStatement {
  const sources = [...assessment.evidence, ...assessment.supporting];
  return {
    identifier: formatAssessmentToken(assessment),
    baseStatus: assessment.status,
    sources,
    criteriaCanonical: formatCriteriaCanonical(assessment.criteria),
    formatStated: () => collectStatedValues(assessment.trace, sources),
    buildContent: (context) => buildAssessmentObservation(assessment, context),
  };
}

/** The class, who states it and why: a changed reason is another statement, though a note is no clinical content. */
function buildInvestigatorStatement(entry: InvestigatorAssessment): WritebackStatement {
  return {
    identifier: formatInvestigatorToken(entry),
    baseStatus: 'final',
    sources: [entry.source],
    criteriaCanonical: formatCriteriaCanonical(entry.criteria),
    formatStated: () => toCanonicalJson([entry.class, entry.by, entry.why]),
    buildContent: (context) => buildInvestigatorObservation(entry, context),
  };
}

function buildDeviationStatement(deviation: Deviation): WritebackStatement {
  return {
    identifier: formatDeviationToken(deviation),
    baseStatus: 'final',
    sources: deviation.evidence,
    criteriaCanonical: null,
    formatStated: () => '',
    buildContent: (context) => buildDetectedIssue(deviation, context),
  };
}

function buildProposalStatement(
  proposal: InfusionProposal,
  subjectAssessment: SubjectAssessment,
): WritebackStatement {
  return {
    identifier: formatProposalToken(proposal),
    baseStatus: 'active',
    sources: proposal.evidence,
    criteriaCanonical: null,
    formatStated: () => '',
    buildContent: (context) => buildServiceRequest(proposal, subjectAssessment, context),
  };
}

function collectStatements(
  subjectAssessment: SubjectAssessment | undefined,
): ReadonlyMap<string, WritebackStatement> {
  if (!subjectAssessment) return new Map();
  const statements = [
    ...subjectAssessment.assessments.map(findAssessmentStatement),
    ...(subjectAssessment.investigator ?? []).map(buildInvestigatorStatement),
    ...subjectAssessment.deviations.map(buildDeviationStatement),
    ...subjectAssessment.proposals.map((proposal) => buildProposalStatement(proposal, subjectAssessment)),
  ];
  return new Map(statements.map((statement) => [statement.identifier, statement]));
}

/** What a statement was compared with when nothing was to be sent. */
interface UnchangedStatement {
  readonly lastEntry: LastOutboxEntry;
  readonly context: string;
}

/** The comparisons of statements in use that found nothing to be sent: the same comparison finds the same. */
const unchangedStatements = new WeakMap<WritebackStatement, UnchangedStatement>();

/** Formats what the content of a statement depends on besides the statement. */
function formatContext({ sources }: WritebackStatement, context: WritebackContext): string {
  const { study, patient, policies, softwareVersion } = context;
  const resolvable = sources.map((source) => (context.isResolvable(source) ? '1' : '0')).join('');
  return JSON.stringify([study, patient, policies, softwareVersion, resolvable]);
}

/** Whether the statement was compared with the same entry in the same context before, and nothing was to be sent. */
function isKnownUnchanged(
  statement: WritebackStatement,
  lastEntry: LastOutboxEntry | undefined,
  context: string,
): boolean {
  const known = unchangedStatements.get(statement);
  return (
    known !== undefined &&
    lastEntry !== undefined &&
    known.context === context &&
    known.lastEntry.handedOut > 0 === lastEntry.handedOut > 0 &&
    known.lastEntry.resource === lastEntry.resource
  );
}

/** Whether two contents refer to the patient in the same way. */
function isSamePatient(lastSent: JsonObject, content: JsonObject): boolean {
  const formatPatient = (resource: JsonObject) =>
    toCanonicalJson(resource.subject ?? resource.patient ?? null);
  return formatPatient(lastSent) === formatPatient(content);
}

/**
 * Composes the resource of a statement; null where the EHR was sent the same. If only the reference to the patient differs
 * (a better identifier became known), the resource is sent again and not amended.
 */
function composeUpdate(
  statement: WritebackStatement,
  previousStatement: WritebackStatement | undefined,
  lastSent: LastSent | null,
  context: WritebackContext,
): OutgoingResource | null {
  const content = statement.buildContent(context);
  const resourceType = String(content.resourceType);
  const hasChanged =
    lastSent === null ||
    extractClinicalContent(lastSent.resource) !== extractClinicalContent(content) ||
    hasOtherValues(previousStatement, statement);
  const status = deriveStatus(statement.baseStatus, lastSent, hasChanged);
  if (lastSent && !hasChanged && status === lastSent.status && isSamePatient(lastSent.resource, content))
    return null;
  const { timestampElement, isTimestampFixed } = getStatusRules(resourceType);
  const firstTimestamp = isTimestampFixed ? lastSent?.resource[timestampElement] : undefined;
  return {
    identifier: statement.identifier,
    resourceType,
    resource: { ...content, status, [timestampElement]: firstTimestamp ?? context.now },
    provenance: buildProvenance(
      lastSent?.canHaveBeenSeen ? 'UPDATE' : 'CREATE',
      statement.sources,
      statement.criteriaCanonical,
      context,
    ),
  };
}

const WITHDRAWAL_NOTE = { text: 'Withdrawn: the data behind this resource were withdrawn or corrected.' };

/** Composes the last content with the withdrawn status; null where the EHR received no content, or this already. */
function composeWithdrawal(
  previousStatement: WritebackStatement,
  lastSent: LastSent | null,
  context: WritebackContext,
): OutgoingResource | null {
  if (!lastSent?.canHaveBeenSeen) return null;
  const resourceType = String(lastSent.resource.resourceType);
  const { timestampElement, isTimestampFixed, withdrawnStatus } = getStatusRules(resourceType);
  if (lastSent.status === withdrawnStatus) return null;
  return {
    identifier: previousStatement.identifier,
    resourceType,
    resource: {
      ...lastSent.resource,
      status: withdrawnStatus,
      ...(isTimestampFixed ? {} : { [timestampElement]: context.now }),
      // R4 DetectedIssue has no note.
      ...(resourceType === 'DetectedIssue' ? {} : { note: [WITHDRAWAL_NOTE] }),
    },
    provenance: buildProvenance(
      'NULLIFY',
      previousStatement.sources,
      previousStatement.criteriaCanonical,
      context,
    ),
  };
}

/**
 * Composes the resources to send after a subject was re-evaluated: one for each assessment, deviation and proposal with
 * clinical content or a status that differs from the last one sent (`findLastEntry`, by `system|value`), and a withdrawal
 * for each that followed from the previous assessment, may have been seen and is no longer true (for those never sent see
 * findObsoleteUnsent). Unchanged ones are left out. Source: contract, section 4.
 */
export function composeResources(
  subjectAssessment: SubjectAssessment,
  previousAssessment: SubjectAssessment | undefined,
  context: WritebackContext,
  findLastEntry: (identifier: string) => LastOutboxEntry | undefined,
): readonly OutgoingResource[] {
  const statements = collectStatements(subjectAssessment);
  const previousStatements = collectStatements(previousAssessment);
  const resources: (OutgoingResource | null)[] = [];
  for (const [identifier, statement] of statements) {
    const contextText = formatContext(statement, context);
    const lastEntry = findLastEntry(identifier);
    const previous = previousStatements.get(identifier);
    if (previous === statement && isKnownUnchanged(statement, lastEntry, contextText)) continue;
    const update = composeUpdate(statement, previous, readLastSent(lastEntry), context);
    if (update === null && lastEntry) unchangedStatements.set(statement, { lastEntry, context: contextText });
    resources.push(update);
  }
  for (const [identifier, statement] of previousStatements) {
    if (!statements.has(identifier)) {
      resources.push(composeWithdrawal(statement, readLastSent(findLastEntry(identifier)), context));
    }
  }
  return resources.filter((resource) => resource !== null);
}

/**
 * Finds the identifiers of outbox entries that followed from the previous assessment, are no longer true and were never
 * sent: the caller removes them, and nothing is sent to the EHR.
 */
export function findObsoleteUnsent(
  subjectAssessment: SubjectAssessment,
  previousAssessment: SubjectAssessment | undefined,
  findLastEntry: (identifier: string) => LastOutboxEntry | undefined,
): readonly string[] {
  const statements = collectStatements(subjectAssessment);
  return [...collectStatements(previousAssessment).keys()].filter(
    (identifier) => !statements.has(identifier) && findLastEntry(identifier)?.handedOut === 0,
  );
}
