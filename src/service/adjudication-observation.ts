import {
  buildCodeSystemUrl,
  buildStructureDefinitionUrl,
  buildSubjectSystemUrl,
  UCUM_SYSTEM,
} from '../fhir/canonical-urls.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import type { JsonObject, Resource } from '../fhir/resource.ts';
import type { PersonStatement } from '../trial/adjudication/person-statement.ts';

/** A statement of a person, to be written as an Observation. */
export interface AdjudicationRequest {
  readonly study: string;
  readonly subject: string;
  readonly statement: PersonStatement;
  /** The day that it is about, `YYYY-MM-DD`; null: today. */
  readonly on: string | null;
  readonly by: string;
  readonly why: string | null;
}

const buildConcept = (system: string, ...codes: readonly string[]): JsonObject => ({
  coding: codes.map((code) => ({ system: buildCodeSystemUrl(system), code })),
});

type PartValue = readonly [element: string, value: unknown] | null;

const buildConceptPart = (system: string, code: string | null): PartValue =>
  code === null ? null : ['valueCodeableConcept', buildConcept(system, code)];
const buildPart = (element: string, value: string | number | boolean | null): PartValue =>
  value === null ? null : [element, value];

/** Builds the components of the parts that are stated. */
function buildParts(parts: Readonly<Record<string, PartValue>>): JsonObject {
  const component = Object.entries(parts).flatMap(([code, value]) =>
    value === null ? [] : [{ code: buildConcept('adjudication-part', code), [value[0]]: value[1] }],
  );
  return component.length > 0 ? { component } : {};
}

function buildCellularity(
  cellularity: Extract<PersonStatement, { readonly topic: 'marrow-result' }>['cellularity'],
): PartValue {
  if (cellularity === null) return null;
  const { percent, comparator } = cellularity;
  const unit = { unit: '%', system: UCUM_SYSTEM, code: '%' };
  return ['valueQuantity', { value: parseJson(percent), ...(comparator ? { comparator } : {}), ...unit }];
}

function buildResponse(
  statement: Extract<PersonStatement, { readonly topic: 'investigator-response' }>,
): JsonObject {
  const { visit, scope, class: stated, agrees } = statement;
  const coding = [
    ...(agrees ? [{ system: buildCodeSystemUrl('adjudication-answer'), code: 'agree' }] : []),
    ...(stated === null ? [] : [{ system: buildCodeSystemUrl('response-class'), code: stated }]),
  ];
  return {
    valueCodeableConcept: { coding },
    ...buildParts({
      visit: buildPart('valueString', visit),
      scope: buildConceptPart('assessment-scope', scope),
    }),
  };
}

/** Builds value, components and focus of a statement. */
function buildStatedElements(statement: PersonStatement): JsonObject {
  switch (statement.topic) {
    case 'severity-at-diagnosis':
      return { valueCodeableConcept: buildConcept('disease-severity', statement.severity) };
    case 'marrow-result':
      return {
        ...(statement.isCriterionMet === null ? {} : { valueBoolean: statement.isCriterionMet }),
        ...buildParts({
          cellularity: buildCellularity(statement.cellularity),
          'clonal-finding': buildConceptPart('clonal-finding', statement.clonalFinding),
        }),
      };
    case 'event-adjudication':
      return {
        focus: [{ reference: statement.about }],
        ...buildParts({
          relation: buildConceptPart('adverse-event-causality', statement.relation),
          grade: buildPart('valueInteger', statement.grade),
          serious: buildPart('valueBoolean', statement.serious),
          'of-study': buildPart('valueBoolean', statement.isOfStudy),
        }),
      };
    case 'infection-adjudication':
      return {
        ...(statement.about === null ? {} : { focus: [{ reference: statement.about }] }),
        valueBoolean: statement.isActivated,
        ...buildParts({
          from: buildPart('valueDateTime', statement.from?.text ?? null),
          to: buildPart('valueDateTime', statement.to?.text ?? null),
        }),
      };
    case 'evaluability':
    case 'per-protocol':
      return { valueBoolean: statement.holds };
    case 'investigator-response':
      return buildResponse(statement);
  }
}

/**
 * Builds the Observation of a statement, as a site sends it (profile `adjudication`): the subject by their number, the person as
 * performer, the reason as note. `now`: ISO 8601; `today`: the site's day.
 */
export function buildAdjudicationObservation(
  { study, subject, statement, on, by, why }: AdjudicationRequest,
  { id, now, today }: { readonly id: string; readonly now: string; readonly today: string },
): Resource {
  return {
    resourceType: 'Observation',
    id,
    meta: { profile: [buildStructureDefinitionUrl('adjudication')] },
    status: 'final',
    code: buildConcept('adjudication', statement.topic),
    subject: { type: 'Patient', identifier: { system: buildSubjectSystemUrl(study), value: subject } },
    effectiveDateTime: on ?? today,
    issued: now,
    performer: [{ display: by }],
    ...(why === null ? {} : { note: [{ text: why }] }),
    ...buildStatedElements(statement),
  };
}
