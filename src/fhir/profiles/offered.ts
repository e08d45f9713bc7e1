import { structureDefinition } from '../canonical.ts';
import type { ProfileRules } from './rules.ts';

/** The profiles that hold for a resource type at the doors, by canonical. */
export interface OfferedProfiles {
  /** Holds for every resource of the type; null where nothing more than R4 does. */
  readonly base: string | null;
  /** Hold for a resource that claims them. */
  readonly claimed: readonly string[];
}

/** `MedicationAdministration` as ids are written: `medication-administration`. */
const kebab = (type: string): string => type.replace(/\B[A-Z]/g, '-$&').toLowerCase();

/** What the compiled rules really hold a sender to, by type: what the CapabilityStatement may say, and no more. */
export function offeredProfiles(rules: ProfileRules): (type: string) => OfferedProfiles {
  return (type) => ({
    base: Object.hasOwn(rules.types, type) ? structureDefinition(`inbound-${kebab(type)}`) : null,
    claimed: Object.entries(rules.profiles)
      .filter(([, profile]) => profile.name === type)
      .map(([canonical]) => canonical)
      .sort(),
  });
}
