import { buildStructureDefinitionUrl } from '../canonical-urls.ts';

/** The profile to which each written-back resource conforms, and which it claims in `meta.profile`. */
export const WRITE_BACK_PROFILES = {
  Observation: buildStructureDefinitionUrl('response-assessment'),
  DetectedIssue: buildStructureDefinitionUrl('dose-deviation'),
  ServiceRequest: buildStructureDefinitionUrl('continuation-proposal'),
  Provenance: buildStructureDefinitionUrl('assessment-provenance'),
} as const;

export type WriteBackResourceType = keyof typeof WRITE_BACK_PROFILES;

/** Builds the `meta` of a resource that is written back. */
export function buildWriteBackMeta(type: WriteBackResourceType): { readonly profile: readonly string[] } {
  return { profile: [WRITE_BACK_PROFILES[type]] };
}
