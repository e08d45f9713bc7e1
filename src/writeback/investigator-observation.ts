import { ASSESSMENT_IDENTIFIER_SYSTEM } from '../fhir/canonical-urls.ts';
import { INVESTIGATOR_PROFILE } from '../fhir/profiles/write-back-profiles.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type { Stater } from '../trial/adjudication/person-statement.ts';
import type { InvestigatorAssessment } from '../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../trial/assessment-identifier.ts';
import { buildAssessmentHead, buildClassElement } from './assessment-observation.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import { toFhirIdentifier } from './references.ts';

/** Formats the business identifier: that of the engine's assessment, and a part of its own. */
const formatInvestigatorIdentifier = (entry: InvestigatorAssessment): string =>
  `${formatAssessmentIdentifier(entry)}.investigator`;

/** Formats the business identifier of the investigator's class as `system|value`. */
export const formatInvestigatorToken = (entry: InvestigatorAssessment): string =>
  `${ASSESSMENT_IDENTIFIER_SYSTEM}|${formatInvestigatorIdentifier(entry)}`;

const LITERAL_REFERENCE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;

/** Builds the reference to the investigator: by reference or identifier where one was sent, and by name. */
function buildPerformer({ name, identifier }: Stater): JsonObject {
  if (identifier === null) return { display: name };
  if (LITERAL_REFERENCE.test(identifier)) return { reference: identifier, display: name };
  return { identifier: toFhirIdentifier(identifier), display: name };
}

/**
 * Builds the investigator's class as an R4 Observation, without status and `issued` (as `buildAssessmentObservation`): the
 * performer is the investigator, the note is their reason, and it is derived from the engine's Observation, which keeps its own
 * class. That one is named by its identifier, since its id in the EHR is not known.
 */
export function buildInvestigatorObservation(
  entry: InvestigatorAssessment,
  context: WritebackContext,
): JsonObject {
  return {
    ...buildAssessmentHead(entry, context),
    meta: { profile: [INVESTIGATOR_PROFILE] },
    identifier: [{ system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatInvestigatorIdentifier(entry) }],
    effectiveDateTime: entry.day,
    performer: [buildPerformer(entry.by)],
    ...buildClassElement(entry.class),
    ...(entry.why === null ? {} : { note: [{ text: entry.why }] }),
    derivedFrom: [
      {
        type: 'Observation',
        identifier: { system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatAssessmentIdentifier(entry) },
      },
    ],
  };
}
