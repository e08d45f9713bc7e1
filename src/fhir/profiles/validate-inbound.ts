import type { FhirVersion } from '../fhir-version.ts';
import type { OutcomeIssue } from '../operation-outcome.ts';
import type { Resource } from '../resource.ts';
import { selectReportedIssues } from '../validate/invalid-issues.ts';
import { validateResource } from '../validate-resource.ts';
import { createProfileChecker } from './check-profiles.ts';
import type { ProfileRules } from './profile-rules.ts';

/** What a door asks of a payload before it is anybody's: the resource, or what is wrong with it. */
export type InboundValidator = (
  tree: unknown,
  fhirVersion?: FhirVersion,
) => { readonly resource: Resource } | { readonly issues: readonly OutcomeIssue[] };

/**
 * FHIR R4, and where that holds, the inbound profiles. What mapping would hold for a person (an unknown code or unit, a
 * text for a value) is not wrong here. Source: contract, section 2.
 */
export function createInboundValidator(rules: ProfileRules): InboundValidator {
  const check = createProfileChecker(rules);
  return (tree, fhirVersion = '4.0') => {
    const checked = validateResource(tree, fhirVersion);
    // The profiles are of R4; what is sent as R5 is checked by its own shape.
    if ('issues' in checked || fhirVersion === '5.0') return checked;
    const issues = check(checked.resource);
    return issues.length === 0 ? checked : { issues: selectReportedIssues(issues) };
  };
}
