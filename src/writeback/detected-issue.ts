import { buildCodeSystemUrl, CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { Deviation } from '../trial/assessment.ts';
import type { JsonObject, WritebackContext } from './outgoing-resource.ts';
import {
  buildPatientReference,
  buildSoftwareReference,
  buildSourceReferences,
  toFhirIdentifier,
} from './references.ts';

export const DEVIATION_SYSTEM = `${CANONICAL_BASE}/sid/deviation`;

interface DeviationWording {
  readonly display: string;
  /** How much it can harm: a wrong or missing dose of cells more than a displaced day. */
  readonly severity: 'high' | 'moderate' | 'low';
}

const DEVIATION_WORDINGS: Readonly<Record<Deviation['kind'], DeviationWording>> = {
  'dose-out-of-range': { display: 'Dose out of range', severity: 'moderate' },
  'missed-infusion': { display: 'Missed infusion', severity: 'moderate' },
  'displaced-infusion': { display: 'Displaced infusion', severity: 'low' },
  'missing-weight': { display: 'No body weight for the dose', severity: 'low' },
};

export function formatDeviationToken(d: Deviation): string {
  return `${DEVIATION_SYSTEM}|${d.study}.${d.subject}.${d.kind}.${d.infusion}`;
}

/**
 * A deviation from the dosing plan as an R4 DetectedIssue, without status and `identifiedDateTime`. DetectedIssue is no
 * context of the study extension, so the study stands in the identifier only.
 */
export function buildDetectedIssue(d: Deviation, context: WritebackContext): JsonObject {
  const { display, severity } = DEVIATION_WORDINGS[d.kind];
  const detail = buildSourceReferences(d.evidence, context, false);
  return {
    resourceType: 'DetectedIssue',
    meta: buildWriteBackMeta('DetectedIssue'),
    identifier: [toFhirIdentifier(formatDeviationToken(d))],
    code: {
      coding: [{ system: buildCodeSystemUrl('deviation'), code: d.kind, display }],
      text: `${display}: infusion ${d.infusion}, ${d.day}`,
    },
    severity,
    patient: buildPatientReference(context.patient),
    author: buildSoftwareReference(context.softwareVersion),
    ...(detail.length > 0 ? { evidence: [{ detail }] } : {}),
    detail: d.detail,
  };
}
