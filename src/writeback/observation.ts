import { ASSESSMENT_SYSTEM, codeSystem, UCUM } from '../fhir/canonical.ts';
import { writtenMeta } from '../fhir/profiles/written.ts';
import type { Assessment, AssessmentKind, ResponseClass, Scope } from '../trial/assessment.ts';
import { assessmentIdentifier } from '../trial/assessment.ts';
import type { JsonObject, WritebackContext } from './owed.ts';
import { patientReference, softwareReference, sourceReferences, studyReference } from './reference.ts';

const KINDS: Readonly<Record<AssessmentKind, string>> = {
  'response-at-visit': 'Response at visit',
  'lineage-response-at-visit': 'Lineage response at visit',
  'best-response': 'Best response',
  'time-to-lineage-response': 'Time to lineage response',
};

const CLASSES: Readonly<Record<ResponseClass, string>> = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
};

const SCOPES: Readonly<Record<Scope, string>> = {
  overall: 'Overall',
  erythroid: 'Erythroid lineage',
  neutrophil: 'Neutrophil lineage',
  platelet: 'Platelet lineage',
};

/** HL7 extensions whose R4 contexts include Observation (hl7.org/fhir/R4, workflow module). */
const RESEARCH_STUDY = 'http://hl7.org/fhir/StructureDefinition/workflow-researchStudy';
const SUPPORTING_INFO = 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo';

/** What R4 Observation.derivedFrom may point at, of the resources that state laboratory results. */
const canBeDerivedFrom = (resourceType: string): boolean => resourceType === 'Observation';

function coded(system: string, code: string, display: string): JsonObject {
  return { system: codeSystem(system), code, display };
}

/** The assessment's business identifier, as `system|value`. */
export function assessmentToken(
  a: Pick<Assessment, 'study' | 'subject' | 'visit' | 'scope' | 'criteria'>,
): string {
  return `${ASSESSMENT_SYSTEM}|${assessmentIdentifier(a)}`;
}

/** NE is a value: the subject was assessed. dataAbsentReason would say that he was not (R4 Observation obs-6). */
function valueElement(a: Assessment): JsonObject {
  if (a.value.kind === 'days') {
    return { valueQuantity: { value: a.value.days, unit: 'd', system: UCUM, code: 'd' } };
  }
  const coding = coded('response-class', a.value.class, CLASSES[a.value.class]);
  return { valueCodeableConcept: { coding: [coding], text: CLASSES[a.value.class] } };
}

function codeOf(a: Assessment): JsonObject {
  const where = a.visit === 'all' ? '' : ` ${a.visit}`;
  return {
    coding: [coded('assessment', a.kind, KINDS[a.kind])],
    text: `${KINDS[a.kind]}${where}: ${SCOPES[a.scope].toLowerCase()}`,
  };
}

function extensionsOf(a: Assessment, context: WritebackContext): readonly JsonObject[] {
  const taken = [...a.supporting, ...a.evidence.filter((s) => !canBeDerivedFrom(s.resourceType))];
  return [
    { url: RESEARCH_STUDY, valueReference: studyReference(context.study) },
    ...sourceReferences(taken, context, false).map((valueReference) => ({
      url: SUPPORTING_INFO,
      valueReference,
    })),
  ];
}

/**
 * The assessment as an R4 Observation (contract, section 4), without status and `issued`: these depend on what the EHR
 * was told before. `effectiveDateTime` is the assessment's day; a preliminary one may rest on no result at all, and then
 * has no `derivedFrom`.
 */
export function observationOf(a: Assessment, context: WritebackContext): JsonObject {
  const derivedFrom = sourceReferences(
    a.evidence.filter((s) => canBeDerivedFrom(s.resourceType)),
    context,
    false,
  );
  const method = { system: codeSystem('criteria-set'), version: a.criteria.version, code: a.criteria.id };
  const note = a.reasons.join(' ').trim();
  return {
    resourceType: 'Observation',
    meta: writtenMeta('Observation'),
    extension: extensionsOf(a, context),
    identifier: [{ system: ASSESSMENT_SYSTEM, value: assessmentIdentifier(a) }],
    category: [
      { coding: [coded('observation-category', 'trial-endpoint', 'Trial endpoint')] },
      { coding: [coded('assessment-scope', a.scope, SCOPES[a.scope])] },
    ],
    code: codeOf(a),
    subject: patientReference(context.patient),
    effectiveDateTime: a.effective,
    ...valueElement(a),
    ...(note ? { note: [{ text: note }] } : {}),
    method: { coding: [method], text: `${a.criteria.id} version ${a.criteria.version}` },
    // R4 Observation.performer cannot be a Device: the software that judged stands here.
    device: softwareReference(context.softwareVersion),
    ...(derivedFrom.length > 0 ? { derivedFrom } : {}),
  };
}
