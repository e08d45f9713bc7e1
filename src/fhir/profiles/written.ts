import { structureDefinition } from '../canonical.ts';

/** The profile that each resource written to an EHR keeps, and claims in `meta.profile`. */
export const WRITTEN_PROFILES = {
  Observation: structureDefinition('response-assessment'),
  DetectedIssue: structureDefinition('dose-deviation'),
  ServiceRequest: structureDefinition('continuation-proposal'),
  Provenance: structureDefinition('assessment-provenance'),
} as const;

export type WrittenType = keyof typeof WRITTEN_PROFILES;

/** `meta` of a resource that is written. */
export function writtenMeta(type: WrittenType): { readonly profile: readonly string[] } {
  return { profile: [WRITTEN_PROFILES[type]] };
}
