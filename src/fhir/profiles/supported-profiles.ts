import { buildStructureDefinitionUrl } from '../canonical-urls.ts';
import type { ProfileRules } from './profile-rules.ts';

/** The profiles that inbound validation checks for a resource type, by canonical. */
export interface SupportedProfiles {
  /** The profile for every resource of the type; null where only R4 itself is checked. */
  readonly base: string | null;
  /** The profiles for resources that claim them. */
  readonly claimable: readonly string[];
}

/** Converts `MedicationAdministration` to the form of ids: `medication-administration`. */
const toKebabCase = (type: string): string => type.replace(/\B[A-Z]/g, '-$&').toLowerCase();

/** Creates the lookup of the profiles that are checked for a type; the CapabilityStatement lists the same ones. */
export function createSupportedProfileFinder(rules: ProfileRules): (type: string) => SupportedProfiles {
  return (type) => ({
    base: Object.hasOwn(rules.types, type)
      ? buildStructureDefinitionUrl(`inbound-${toKebabCase(type)}`)
      : null,
    claimable: Object.entries(rules.profiles)
      .filter(([, profile]) => profile.name === type)
      .map(([canonical]) => canonical)
      .sort(),
  });
}
