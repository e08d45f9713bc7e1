import { buildStructureDefinitionUrl } from '../canonical-urls.ts';

/** The profile to which each written-back resource conforms, and which it claims in `meta.profile`. */
export const WRITE_BACK_PROFILES = {
  Observation: buildStructureDefinitionUrl('response-assessment'),
  DetectedIssue: buildStructureDefinitionUrl('dose-deviation'),
  ServiceRequest: buildStructureDefinitionUrl('continuation-proposal'),
  Provenance: buildStructureDefinitionUrl('assessment-provenance'),
} as const;

/** The profile of an Observation with the investigator's class, beside that of the engine. */
export const INVESTIGATOR_PROFILE = buildStructureDefinitionUrl('investigator-assessment');

export type WriteBackResourceType = keyof typeof WRITE_BACK_PROFILES;

/** Lists the profiles that written-back resources of a type may claim. */
export const listWriteBackProfiles = (type: WriteBackResourceType): readonly string[] =>
  type === 'Observation' ? [INVESTIGATOR_PROFILE, WRITE_BACK_PROFILES[type]] : [WRITE_BACK_PROFILES[type]];

/** Builds the `meta` of a resource that is written back. */
export function buildWriteBackMeta(type: WriteBackResourceType): { readonly profile: readonly string[] } {
  return { profile: [WRITE_BACK_PROFILES[type]] };
}
