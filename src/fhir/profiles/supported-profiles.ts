import { buildStructureDefinitionUrl } from '../canonical-urls.ts';
import type { ProfileRules } from './profile-rules.ts';

/** The profiles that hold for a resource type at the doors, by canonical. */
export interface SupportedProfiles {
  /** Holds for every resource of the type; null where nothing more than R4 does. */
  readonly base: string | null;
  /** Hold for a resource that claims them. */
  readonly claimable: readonly string[];
}

/** `MedicationAdministration` as ids are written: `medication-administration`. */
const toKebabCase = (type: string): string => type.replace(/\B[A-Z]/g, '-$&').toLowerCase();

/** What the compiled rules really hold a sender to, by type: what the CapabilityStatement may say, and no more. */
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
