import type { Issue } from '../outcome.ts';
import type { Resource } from '../resource.ts';
import { MOST_ISSUES } from '../validate/tree.ts';
import { unique, validateResource } from '../validate.ts';
import type { FhirVersion } from '../version.ts';
import { createCheckProfiles } from './check.ts';
import type { ProfileRules } from './rules.ts';

/** What a door asks of a payload before it is anybody's: the resource, or what is wrong with it. */
export type Validate = (
  tree: unknown,
  fhirVersion?: FhirVersion,
) => { readonly resource: Resource } | { readonly issues: readonly Issue[] };

/**
 * FHIR R4, and where that holds, the inbound profiles. What mapping would hold for a person (an unknown code or unit, a
 * text for a value) is not wrong here. Source: contract, section 2.
 */
export function createValidate(rules: ProfileRules): Validate {
  const check = createCheckProfiles(rules);
  return (tree, fhirVersion = '4.0') => {
    const checked = validateResource(tree, fhirVersion);
    // The profiles are of R4; what is sent as R5 is checked by its own shape.
    if ('issues' in checked || fhirVersion === '5.0') return checked;
    const issues = check(checked.resource);
    return issues.length === 0 ? checked : { issues: unique(issues).slice(0, MOST_ISSUES) };
  };
}
