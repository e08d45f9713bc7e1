import type { Issue } from '../outcome.ts';
import type { Resource } from '../resource.ts';
import { MOST_ISSUES } from '../validate/tree.ts';
import { unique, validateResource } from '../validate.ts';
import { createCheckProfiles } from './check.ts';
import type { ProfileRules } from './rules.ts';

/** What a door asks of a payload before it is anybody's: the resource, or what is wrong with it. */
export type Validate = (
  tree: unknown,
) => { readonly resource: Resource } | { readonly issues: readonly Issue[] };

/**
 * FHIR R4, and where that holds, the inbound profiles. What mapping would hold for a person (an unknown code or unit, a
 * text for a value) is not wrong here. Source: contract, section 2.
 */
export function createValidate(rules: ProfileRules): Validate {
  const check = createCheckProfiles(rules);
  return (tree) => {
    const checked = validateResource(tree);
    if ('issues' in checked) return checked;
    const issues = check(checked.resource);
    return issues.length === 0 ? checked : { issues: unique(issues).slice(0, MOST_ISSUES) };
  };
}
