import { buildCodeSystemUrl, CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type { Deviation } from '../trial/assessment.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import {
  buildPatientReference,
  buildSoftwareReference,
  buildSourceReferences,
  toFhirIdentifier,
} from './references.ts';

const DEVIATION_SYSTEM = `${CANONICAL_BASE}/sid/deviation`;

interface DeviationPresentation {
  readonly display: string;
  /** The potential harm: a wrong or missing dose of cells is worse than an infusion on another day. */
  readonly severity: 'high' | 'moderate' | 'low';
}

const DEVIATION_PRESENTATIONS: Readonly<Record<Deviation['kind'], DeviationPresentation>> = {
  'dose-out-of-range': { display: 'Dose out of range', severity: 'moderate' },
  'missed-infusion': { display: 'Missed infusion', severity: 'moderate' },
  'displaced-infusion': { display: 'Displaced infusion', severity: 'low' },
  'missing-weight': { display: 'No body weight for the dose', severity: 'low' },
};

/** Formats the deviation's business identifier as `system|value`. */
export function formatDeviationToken({ study, subject, kind, infusion }: Deviation): string {
  return `${DEVIATION_SYSTEM}|${study}.${subject}.${kind}.${infusion}`;
}

/**
 * Builds a deviation from the dosing plan as an R4 DetectedIssue, without status and `identifiedDateTime`. R4 does not
 * allow the study extension on DetectedIssue, so only the identifier names the study.
 */
export function buildDetectedIssue(deviation: Deviation, context: WritebackContext): JsonObject {
  const { kind, infusion, day } = deviation;
  const { display, severity } = DEVIATION_PRESENTATIONS[kind];
  const evidence = buildSourceReferences(deviation.evidence, context, false);
  return {
    resourceType: 'DetectedIssue',
    meta: buildWriteBackMeta('DetectedIssue'),
    identifier: [toFhirIdentifier(formatDeviationToken(deviation))],
    code: {
      coding: [{ system: buildCodeSystemUrl('deviation'), code: kind, display }],
      text: `${display}: infusion ${infusion}, ${day}`,
    },
    severity,
    patient: buildPatientReference(context.patient),
    author: buildSoftwareReference(context.softwareVersion),
    ...(evidence.length > 0 ? { evidence: [{ detail: evidence }] } : {}),
    detail: deviation.detail,
  };
}
