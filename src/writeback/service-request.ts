import { buildCodeSystemUrl, CANONICAL_BASE, UCUM_SYSTEM } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { InfusionProposal, SubjectAssessment } from '../trial/assessment.ts';
import { formatAssessmentToken } from './assessment-observation.ts';
import type { JsonObject, WritebackContext } from './outgoing-resource.ts';
import {
  buildPatientReference,
  buildSoftwareReference,
  buildSourceReferences,
  buildStudyReference,
  toFhirIdentifier,
} from './references.ts';

export const PROPOSAL_SYSTEM = `${CANONICAL_BASE}/sid/proposal`;

export function formatProposalToken(p: InfusionProposal): string {
  return `${PROPOSAL_SYSTEM}|${p.study}.${p.subject}.${p.visit}.${p.kind}`;
}

/** The response that earned the proposal, by business identifier: its id in the EHR is not known before delivery. */
function buildReasonReferences(p: InfusionProposal, judgement: SubjectAssessment): readonly JsonObject[] {
  return judgement.assessments
    .filter((a) => a.kind === 'response-at-visit' && a.visit === p.visit && a.scope === 'overall')
    .filter((a) => a.value.kind === 'class' && (a.value.class === 'CR' || a.value.class === 'PR'))
    .map((a) => ({ type: 'Observation', identifier: toFhirIdentifier(formatAssessmentToken(a)) }));
}

/**
 * A proposal of the protocol as an R4 ServiceRequest with intent `proposal`, without status and `authoredOn`. It orders
 * nothing: a clinician decides. `quantity` is the number of infusions proposed.
 */
export function buildServiceRequest(
  p: InfusionProposal,
  judgement: SubjectAssessment,
  context: WritebackContext,
): JsonObject {
  const reasonReference = buildReasonReferences(p, judgement);
  const what = { system: buildCodeSystemUrl('proposal'), code: p.kind, display: 'Continue infusions' };
  return {
    resourceType: 'ServiceRequest',
    meta: buildWriteBackMeta('ServiceRequest'),
    identifier: [toFhirIdentifier(formatProposalToken(p))],
    intent: 'proposal',
    code: { coding: [what], text: `Infusions ${p.infusions.join(', ')} of the study's cell product` },
    quantityQuantity: {
      value: p.infusions.length,
      unit: 'infusions',
      system: UCUM_SYSTEM,
      code: '{infusion}',
    },
    subject: buildPatientReference(context.patient),
    occurrenceDateTime: p.day,
    requester: buildSoftwareReference(context.softwareVersion),
    ...(reasonReference.length > 0 ? { reasonReference } : {}),
    supportingInfo: [
      buildStudyReference(context.study),
      ...buildSourceReferences(p.evidence, context, false),
    ],
    note: [{ text: p.reason }],
  };
}
