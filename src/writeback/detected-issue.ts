import { BASE, codeSystem } from '../fhir/canonical.ts';
import { writtenMeta } from '../fhir/profiles/written.ts';
import type { Deviation } from '../trial/assessment.ts';
import type { JsonObject, WritebackContext } from './owed.ts';
import { identifierOf, patientReference, softwareReference, sourceReferences } from './reference.ts';

export const DEVIATION_SYSTEM = `${BASE}/sid/deviation`;

interface Wording {
  readonly display: string;
  /** How much it can harm: a wrong or missing dose of cells more than a displaced day. */
  readonly severity: 'high' | 'moderate' | 'low';
}

const WORDING: Readonly<Record<Deviation['kind'], Wording>> = {
  'dose-out-of-range': { display: 'Dose out of range', severity: 'moderate' },
  'missed-infusion': { display: 'Missed infusion', severity: 'moderate' },
  'displaced-infusion': { display: 'Displaced infusion', severity: 'low' },
  'missing-weight': { display: 'No body weight for the dose', severity: 'low' },
};

export function deviationToken(d: Deviation): string {
  return `${DEVIATION_SYSTEM}|${d.study}.${d.subject}.${d.kind}.${d.infusion}`;
}

/**
 * A deviation from the dosing plan as an R4 DetectedIssue, without status and `identifiedDateTime`. DetectedIssue is no
 * context of the study extension, so the study stands in the identifier only.
 */
export function detectedIssueOf(d: Deviation, context: WritebackContext): JsonObject {
  const { display, severity } = WORDING[d.kind];
  const detail = sourceReferences(d.evidence, context, false);
  return {
    resourceType: 'DetectedIssue',
    meta: writtenMeta('DetectedIssue'),
    identifier: [identifierOf(deviationToken(d))],
    code: {
      coding: [{ system: codeSystem('deviation'), code: d.kind, display }],
      text: `${display}: infusion ${d.infusion}, ${d.day}`,
    },
    severity,
    patient: patientReference(context.patient),
    author: softwareReference(context.softwareVersion),
    ...(detail.length > 0 ? { evidence: [{ detail }] } : {}),
    detail: d.detail,
  };
}
