import { BASE, codeSystem, UCUM } from '../fhir/canonical.ts';
import { writtenMeta } from '../fhir/profiles/written.ts';
import type { Judgement, Proposal } from '../trial/assessment.ts';
import { assessmentToken } from './observation.ts';
import type { JsonObject, WritebackContext } from './owed.ts';
import {
  identifierOf,
  patientReference,
  softwareReference,
  sourceReferences,
  studyReference,
} from './reference.ts';

export const PROPOSAL_SYSTEM = `${BASE}/sid/proposal`;

export function proposalToken(p: Proposal): string {
  return `${PROPOSAL_SYSTEM}|${p.study}.${p.subject}.${p.visit}.${p.kind}`;
}

/** The response that earned the proposal, by business identifier: its id in the EHR is not known before delivery. */
function reasonsOf(p: Proposal, judgement: Judgement): readonly JsonObject[] {
  return judgement.assessments
    .filter((a) => a.kind === 'response-at-visit' && a.visit === p.visit && a.scope === 'overall')
    .filter((a) => a.value.kind === 'class' && (a.value.class === 'CR' || a.value.class === 'PR'))
    .map((a) => ({ type: 'Observation', identifier: identifierOf(assessmentToken(a)) }));
}

/**
 * A proposal of the protocol as an R4 ServiceRequest with intent `proposal`, without status and `authoredOn`. It orders
 * nothing: a clinician decides. `quantity` is the number of infusions proposed.
 */
export function serviceRequestOf(p: Proposal, judgement: Judgement, context: WritebackContext): JsonObject {
  const reasonReference = reasonsOf(p, judgement);
  const what = { system: codeSystem('proposal'), code: p.kind, display: 'Continue infusions' };
  return {
    resourceType: 'ServiceRequest',
    meta: writtenMeta('ServiceRequest'),
    identifier: [identifierOf(proposalToken(p))],
    intent: 'proposal',
    code: { coding: [what], text: `Infusions ${p.infusions.join(', ')} of the study's cell product` },
    quantityQuantity: {
      value: p.infusions.length,
      unit: 'infusions',
      system: UCUM,
      code: '{infusion}',
    },
    subject: patientReference(context.patient),
    occurrenceDateTime: p.day,
    requester: softwareReference(context.softwareVersion),
    ...(reasonReference.length > 0 ? { reasonReference } : {}),
    supportingInfo: [studyReference(context.study), ...sourceReferences(p.evidence, context, false)],
    note: [{ text: p.reason }],
  };
}
