import { CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { JsonObject } from '../fhir/resource.ts';
import type { Source } from '../trial/facts.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import { buildSoftwareReference, buildSourceReferences } from './references.ts';

/** Codes of HL7 v3-DataOperation, which R4's value set for Provenance.activity includes. */
type ProvenanceActivity = 'CREATE' | 'UPDATE' | 'NULLIFY';

const ACTIVITY_DISPLAYS: Readonly<Record<ProvenanceActivity, string>> = {
  CREATE: 'create',
  UPDATE: 'revise',
  NULLIFY: 'nullify',
};

/** Formats the canonical URL of a criteria set's version: the policy under which a response was classified. */
export function formatCriteriaCanonical(criteria: { readonly id: string; readonly version: string }): string {
  return `${CANONICAL_BASE}/criteria/${criteria.id}|${criteria.version}`;
}

/**
 * Builds the R4 Provenance of a resource, without target: this software assembled it from the stated version of every
 * source, under the stated policies. Without sources (a missed visit) it has no entities.
 */
export function buildProvenance(
  activity: ProvenanceActivity,
  sources: readonly Source[],
  criteriaCanonical: string | null,
  context: WritebackContext,
): JsonObject {
  const entity = buildSourceReferences(sources, context, true).map((reference) => ({
    role: 'source',
    what: reference,
  }));
  const policies = [...(criteriaCanonical ? [criteriaCanonical] : []), ...(context.policies ?? [])];
  return {
    resourceType: 'Provenance',
    meta: buildWriteBackMeta('Provenance'),
    recorded: context.now,
    ...(policies.length > 0 ? { policy: policies } : {}),
    activity: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
          code: activity,
          display: ACTIVITY_DISPLAYS[activity],
        },
      ],
    },
    agent: [
      {
        type: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
              code: 'assembler',
              display: 'Assembler',
            },
          ],
        },
        who: buildSoftwareReference(context.softwareVersion),
      },
    ],
    ...(entity.length > 0 ? { entity } : {}),
  };
}
