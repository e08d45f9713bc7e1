import { ASSESSMENT_IDENTIFIER_SYSTEM, buildCodeSystemUrl, UCUM_SYSTEM } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { Assessment, AssessmentKind, ResponseClass, ResponseScope } from '../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../trial/assessment.ts';
import type { JsonObject, WritebackContext } from './outgoing-resource.ts';
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

/** HL7 extensions whose R4 contexts include Observation (hl7.org/fhir/R4, workflow module). */
const RESEARCH_STUDY_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/workflow-researchStudy';
const SUPPORTING_INFO_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo';

/** What R4 Observation.derivedFrom may point at, of the resources that state laboratory results. */
const canBeDerivedFrom = (resourceType: string): boolean => resourceType === 'Observation';

function buildCoding(system: string, code: string, display: string): JsonObject {
  return { system: buildCodeSystemUrl(system), code, display };
}

/** The assessment's business identifier, as `system|value`. */
export function formatAssessmentToken(
  a: Pick<Assessment, 'study' | 'subject' | 'visit' | 'scope' | 'criteria'>,
): string {
  return `${ASSESSMENT_IDENTIFIER_SYSTEM}|${formatAssessmentIdentifier(a)}`;
}

/** NE is a value: the subject was assessed. dataAbsentReason would say that he was not (R4 Observation obs-6). */
function buildValueElement(a: Assessment): JsonObject {
  if (a.value.kind === 'days') {
    return { valueQuantity: { value: a.value.days, unit: 'd', system: UCUM_SYSTEM, code: 'd' } };
  }
  const coding = buildCoding('response-class', a.value.class, CLASS_DISPLAYS[a.value.class]);
  return { valueCodeableConcept: { coding: [coding], text: CLASS_DISPLAYS[a.value.class] } };
}

function buildAssessmentCode(a: Assessment): JsonObject {
  const where = a.visit === 'all' ? '' : ` ${a.visit}`;
  return {
    coding: [buildCoding('assessment', a.kind, KIND_DISPLAYS[a.kind])],
    text: `${KIND_DISPLAYS[a.kind]}${where}: ${SCOPE_DISPLAYS[a.scope].toLowerCase()}`,
  };
}

function buildExtensions(a: Assessment, context: WritebackContext): readonly JsonObject[] {
  const taken = [...a.supporting, ...a.evidence.filter((s) => !canBeDerivedFrom(s.resourceType))];
  return [
    { url: RESEARCH_STUDY_EXTENSION, valueReference: buildStudyReference(context.study) },
    ...buildSourceReferences(taken, context, false).map((valueReference) => ({
      url: SUPPORTING_INFO_EXTENSION,
      valueReference,
    })),
  ];
}

/**
 * The assessment as an R4 Observation (contract, section 4), without status and `issued`: these depend on what the EHR
 * was told before. `effectiveDateTime` is the assessment's day; a preliminary one may rest on no result at all, and then
 * has no `derivedFrom`.
 */
export function buildAssessmentObservation(a: Assessment, context: WritebackContext): JsonObject {
  const derivedFrom = buildSourceReferences(
    a.evidence.filter((s) => canBeDerivedFrom(s.resourceType)),
    context,
    false,
  );
  const method = {
    system: buildCodeSystemUrl('criteria-set'),
    version: a.criteria.version,
    code: a.criteria.id,
  };
  const note = a.reasons.join(' ').trim();
  return {
    resourceType: 'Observation',
    meta: buildWriteBackMeta('Observation'),
    extension: buildExtensions(a, context),
    identifier: [{ system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatAssessmentIdentifier(a) }],
    category: [
      { coding: [buildCoding('observation-category', 'trial-endpoint', 'Trial endpoint')] },
      { coding: [buildCoding('assessment-scope', a.scope, SCOPE_DISPLAYS[a.scope])] },
    ],
    code: buildAssessmentCode(a),
    subject: buildPatientReference(context.patient),
    effectiveDateTime: a.effective,
    ...buildValueElement(a),
    ...(note ? { note: [{ text: note }] } : {}),
    method: { coding: [method], text: `${a.criteria.id} version ${a.criteria.version}` },
    // R4 Observation.performer cannot be a Device: the software that judged stands here.
    device: buildSoftwareReference(context.softwareVersion),
    ...(derivedFrom.length > 0 ? { derivedFrom } : {}),
  };
}
