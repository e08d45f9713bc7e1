import type { FhirVersion } from '../fhir-version.ts';
import type { OutcomeIssue } from '../operation-outcome.ts';
import type { Resource } from '../resource.ts';
import { findTooLongElement } from '../validate/breadth-limits.ts';
import { selectReportedIssues } from '../validate/invalid-issues.ts';
import { isSurelyValid } from '../validate/sure-types.ts';
import { validateResource } from '../validate-resource.ts';
import { createProfileChecker } from './check-profiles.ts';
import type { ProfileRules } from './profile-rules.ts';
import { createSureProfileTest } from './sure-profiles.ts';

/** Validates a payload before it is assigned to a subject. Returns the resource, or its issues. */
export type InboundValidator = (
  tree: unknown,
  fhirVersion?: FhirVersion,
) => { readonly resource: Resource } | { readonly issues: readonly OutcomeIssue[] };

/**
 * Creates a validator of FHIR R4 (or R5) and, for valid R4, of the inbound profiles. Resources that mapping holds for
 * review (an unknown code or unit, a text as a value) are valid here. Most resources are valid, which compiled tests
 * see at once; only what these are not sure of is checked rule by rule. Source: contract, section 2.
 */
export function createInboundValidator(rules: ProfileRules): InboundValidator {
  const checkProfiles = createProfileChecker(rules);
  const meetsProfilesSurely = createSureProfileTest(rules);
  return (tree, fhirVersion = '4.0') => {
    const tooLong = findTooLongElement(tree);
    // Naming what else is wrong with it would cost as much.
    if (tooLong) return { issues: [tooLong] };
    const result = isSurelyValid(tree, fhirVersion)
      ? { resource: tree }
      : validateResource(tree, fhirVersion);
    // The inbound profiles constrain R4. A resource in R5 is checked by its R5 shape only.
    if ('issues' in result || fhirVersion === '5.0' || meetsProfilesSurely(result.resource)) return result;
    const issues = checkProfiles(result.resource);
    return issues.length === 0 ? result : { issues: selectReportedIssues(issues) };
  };
}
