import { CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import { buildWriteBackMeta } from '../fhir/profiles/write-back-profiles.ts';
import type { Source } from '../trial/facts.ts';
import type { JsonObject, WritebackContext } from './outgoing-resource.ts';
import { buildSoftwareReference, buildSourceReferences } from './references.ts';

/** HL7 v3-DataOperation, in R4's value set for Provenance.activity. */
export type ProvenanceActivity = 'CREATE' | 'UPDATE' | 'NULLIFY';

const ACTIVITY_DISPLAYS: Readonly<Record<ProvenanceActivity, string>> = {
  CREATE: 'create',
  UPDATE: 'revise',
  NULLIFY: 'nullify',
};

/** The canonical URL of a criteria set's version: the policy under which a class was given. */
export function formatCriteriaCanonical(criteria: { readonly id: string; readonly version: string }): string {
  return `${CANONICAL_BASE}/criteria/${criteria.id}|${criteria.version}`;
}

/**
 * How a resource came about, as an R4 Provenance without target: this software assembled it from every input version
 * named, under the criteria named. No inputs (a missed visit) give no entities.
 */
export function buildProvenance(
  activity: ProvenanceActivity,
  sources: readonly Source[],
  policy: string | null,
  context: WritebackContext,
): JsonObject {
  const entity = buildSourceReferences(sources, context, true).map((what) => ({ role: 'source', what }));
  const policies = [...(policy ? [policy] : []), ...(context.policies ?? [])];
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
