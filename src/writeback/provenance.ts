import { BASE } from '../fhir/canonical.ts';
import { writtenMeta } from '../fhir/profiles/written.ts';
import type { Source } from '../trial/facts.ts';
import type { JsonObject, WritebackContext } from './owed.ts';
import { softwareReference, sourceReferences } from './reference.ts';

/** HL7 v3-DataOperation, in R4's value set for Provenance.activity. */
export type Activity = 'CREATE' | 'UPDATE' | 'NULLIFY';

const ACTIVITIES: Readonly<Record<Activity, string>> = {
  CREATE: 'create',
  UPDATE: 'revise',
  NULLIFY: 'nullify',
};

/** The canonical URL of a criteria set's version: the policy under which a class was given. */
export function criteriaCanonical(criteria: { readonly id: string; readonly version: string }): string {
  return `${BASE}/criteria/${criteria.id}|${criteria.version}`;
}

/**
 * How a resource came about, as an R4 Provenance without target: this software assembled it from every input version
 * named, under the criteria named. No inputs (a missed visit) give no entities.
 */
export function provenanceOf(
  activity: Activity,
  sources: readonly Source[],
  policy: string | null,
  context: WritebackContext,
): JsonObject {
  const entity = sourceReferences(sources, context, true).map((what) => ({ role: 'source', what }));
  const policies = [...(policy ? [policy] : []), ...(context.policies ?? [])];
  return {
    resourceType: 'Provenance',
    meta: writtenMeta('Provenance'),
    recorded: context.now,
    ...(policies.length > 0 ? { policy: policies } : {}),
    activity: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
          code: activity,
          display: ACTIVITIES[activity],
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
        who: softwareReference(context.softwareVersion),
      },
    ],
    ...(entity.length > 0 ? { entity } : {}),
  };
}
