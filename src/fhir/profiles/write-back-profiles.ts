import { buildStructureDefinitionUrl } from '../canonical-urls.ts';

/** The profile that each resource written to an EHR keeps, and claims in `meta.profile`. */
export const WRITE_BACK_PROFILES = {
  Observation: buildStructureDefinitionUrl('response-assessment'),
  DetectedIssue: buildStructureDefinitionUrl('dose-deviation'),
  ServiceRequest: buildStructureDefinitionUrl('continuation-proposal'),
  Provenance: buildStructureDefinitionUrl('assessment-provenance'),
} as const;

export type WriteBackResourceType = keyof typeof WRITE_BACK_PROFILES;

/** `meta` of a resource that is written. */
export function buildWriteBackMeta(type: WriteBackResourceType): { readonly profile: readonly string[] } {
  return { profile: [WRITE_BACK_PROFILES[type]] };
}
