import { ASSESSMENT_IDENTIFIER_SYSTEM, buildCodeSystemUrl, UCUM_SYSTEM } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type { Assessment, AssessmentKind, ResponseClass, ResponseScope } from '../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../trial/assessment-identifier.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import {
  buildPatientReference,
  buildSoftwareReference,
  buildSourceReferences,
  buildStudyReference,
} from './references.ts';

const KIND_DISPLAYS: Readonly<Record<AssessmentKind, string>> = {
  'response-at-visit': 'Response at visit',
  'lineage-response-at-visit': 'Lineage response at visit',
  'best-response': 'Best response',
  'time-to-lineage-response': 'Time to lineage response',
};

const CLASS_DISPLAYS: Readonly<Record<ResponseClass, string>> = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
};

const SCOPE_DISPLAYS: Readonly<Record<ResponseScope, string>> = {
  overall: 'Overall',
  erythroid: 'Erythroid lineage',
  neutrophil: 'Neutrophil lineage',
  platelet: 'Platelet lineage',
};

/** HL7 extensions that R4 allows on Observation (hl7.org/fhir/R4, workflow module). */
const RESEARCH_STUDY_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/workflow-researchStudy';
const SUPPORTING_INFO_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo';

/** Whether R4 Observation.derivedFrom allows the type: of those that state laboratory results, only Observation. */
const canBeDerivedFrom = (resourceType: string): boolean => resourceType === 'Observation';

function buildCoding(system: string, code: string, display: string): JsonObject {
  return { system: buildCodeSystemUrl(system), code, display };
}

/** Formats the assessment's business identifier as `system|value`. */
export function formatAssessmentToken(
  assessment: Pick<Assessment, 'study' | 'subject' | 'visit' | 'scope' | 'criteria'>,
): string {
  return `${ASSESSMENT_IDENTIFIER_SYSTEM}|${formatAssessmentIdentifier(assessment)}`;
}

/**
 * Builds the value. NE is a value, since the subject was assessed; dataAbsentReason would state the contrary, and R4 does
 * not allow it in addition to a value (Observation, obs-6).
 */
function buildValueElement({ value }: Assessment): JsonObject {
  if (value.kind === 'days') {
    return { valueQuantity: { value: value.days, unit: 'd', system: UCUM_SYSTEM, code: 'd' } };
  }
  return buildClassElement(value.class);
}

/** Builds the value of a response class. */
export function buildClassElement(value: ResponseClass): JsonObject {
  const coding = buildCoding('response-class', value, CLASS_DISPLAYS[value]);
  return { valueCodeableConcept: { coding: [coding], text: CLASS_DISPLAYS[value] } };
}

/** Builds what the engine's and the investigator's Observation share: study, scope, code, patient and criteria. */
export function buildAssessmentHead(
  { scope, criteria, visit, kind }: Pick<Assessment, 'scope' | 'criteria' | 'visit' | 'kind'>,
  context: WritebackContext,
): JsonObject & { readonly extension: readonly JsonObject[] } {
  const method = { system: buildCodeSystemUrl('criteria-set'), version: criteria.version, code: criteria.id };
  return {
    resourceType: 'Observation',
    extension: [{ url: RESEARCH_STUDY_EXTENSION, valueReference: buildStudyReference(context.study) }],
    category: [
      { coding: [buildCoding('observation-category', 'trial-endpoint', 'Trial endpoint')] },
      { coding: [buildCoding('assessment-scope', scope, SCOPE_DISPLAYS[scope])] },
    ],
    code: buildAssessmentCode({ kind, visit, scope }),
    subject: buildPatientReference(context.patient),
    method: { coding: [method], text: `${criteria.id} version ${criteria.version}` },
  };
}

function buildAssessmentCode({
  kind,
  visit,
  scope,
}: Pick<Assessment, 'kind' | 'visit' | 'scope'>): JsonObject {
  const visitSuffix = visit === 'all' ? '' : ` ${visit}`;
  return {
    coding: [buildCoding('assessment', kind, KIND_DISPLAYS[kind])],
    text: `${KIND_DISPLAYS[kind]}${visitSuffix}: ${SCOPE_DISPLAYS[scope].toLowerCase()}`,
  };
}

function buildSupportingExtensions(assessment: Assessment, context: WritebackContext): readonly JsonObject[] {
  const { supporting, evidence } = assessment;
  const supportingSources = [
    ...supporting,
    ...evidence.filter(({ resourceType }) => !canBeDerivedFrom(resourceType)),
  ];
  return buildSourceReferences(supportingSources, context, false).map((valueReference) => ({
    url: SUPPORTING_INFO_EXTENSION,
    valueReference,
  }));
}

/**
 * Builds the assessment as an R4 Observation (contract, section 4), without status and `issued`: both depend on what the
 * EHR was sent before. `effectiveDateTime` is the assessment's day. A preliminary assessment may have no evidence, and
 * then no `derivedFrom`.
 */
export function buildAssessmentObservation(assessment: Assessment, context: WritebackContext): JsonObject {
  const { evidence, effective, reasons } = assessment;
  const derivedFrom = buildSourceReferences(
    evidence.filter(({ resourceType }) => canBeDerivedFrom(resourceType)),
    context,
    false,
  );
  const { extension, ...head } = buildAssessmentHead(assessment, context);
  const note = reasons.join(' ').trim();
  return {
    ...head,
    meta: buildWriteBackMeta('Observation'),
    extension: [...extension, ...buildSupportingExtensions(assessment, context)],
    identifier: [{ system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatAssessmentIdentifier(assessment) }],
    effectiveDateTime: effective,
    ...buildValueElement(assessment),
    ...(note ? { note: [{ text: note }] } : {}),
    // R4 Observation.performer cannot be a Device, so the assessing software is the device.
    device: buildSoftwareReference(context.softwareVersion),
    ...(derivedFrom.length > 0 ? { derivedFrom } : {}),
  };
}
