import { buildCodeSystemUrl, CANONICAL_BASE, UCUM_SYSTEM } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type { Assessment, InfusionProposal, SubjectAssessment } from '../trial/assessment.ts';
import { formatAssessmentToken } from './assessment-observation.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import {
  buildPatientReference,
  buildSoftwareReference,
  buildSourceReferences,
  buildStudyReference,
  toFhirIdentifier,
} from './references.ts';

const PROPOSAL_SYSTEM = `${CANONICAL_BASE}/sid/proposal`;

/** Formats the proposal's business identifier as `system|value`. */
export function formatProposalToken({ study, subject, visit, kind }: InfusionProposal): string {
  return `${PROPOSAL_SYSTEM}|${study}.${subject}.${visit}.${kind}`;
}

const isResponse = ({ value }: Assessment): boolean =>
  value.kind === 'class' && (value.class === 'CR' || value.class === 'PR');

/** Builds the reference to the response that led to the proposal. Its id in the EHR may be unknown: by identifier. */
function buildReasonReferences(
  { visit }: InfusionProposal,
  { assessments }: SubjectAssessment,
): readonly JsonObject[] {
  return assessments
    .filter((assessment) => assessment.kind === 'response-at-visit' && assessment.scope === 'overall')
    .filter((assessment) => assessment.visit === visit && isResponse(assessment))
    .map((assessment) => ({
      type: 'Observation',
      identifier: toFhirIdentifier(formatAssessmentToken(assessment)),
    }));
}

/**
 * Builds a proposal of the protocol as an R4 ServiceRequest with intent `proposal`, without status and `authoredOn`. It
 * orders nothing: a clinician decides. `quantityQuantity` is the number of infusions proposed.
 */
export function buildServiceRequest(
  proposal: InfusionProposal,
  subjectAssessment: SubjectAssessment,
  context: WritebackContext,
): JsonObject {
  const { kind, infusions, day, evidence, reason } = proposal;
  const reasonReference = buildReasonReferences(proposal, subjectAssessment);
  const coding = { system: buildCodeSystemUrl('proposal'), code: kind, display: 'Continue infusions' };
  return {
    resourceType: 'ServiceRequest',
    meta: buildWriteBackMeta('ServiceRequest'),
    identifier: [toFhirIdentifier(formatProposalToken(proposal))],
    intent: 'proposal',
    code: { coding: [coding], text: `Infusions ${infusions.join(', ')} of the study's cell product` },
    quantityQuantity: {
      value: infusions.length,
      unit: 'infusions',
      system: UCUM_SYSTEM,
      code: '{infusion}',
    },
    subject: buildPatientReference(context.patient),
    occurrenceDateTime: day,
    requester: buildSoftwareReference(context.softwareVersion),
    ...(reasonReference.length > 0 ? { reasonReference } : {}),
    supportingInfo: [buildStudyReference(context.study), ...buildSourceReferences(evidence, context, false)],
    note: [{ text: reason }],
  };
}
