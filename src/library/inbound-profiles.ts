import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProfileRules } from '../fhir/profiles/profile-rules.ts';
import { createSupportedProfileFinder, type SupportedProfiles } from '../fhir/profiles/supported-profiles.ts';
import { createInboundValidator, type InboundValidator } from '../fhir/profiles/validate-inbound.ts';
import type { ReportProblem } from './library-problem.ts';

/** The inbound profiles, compiled by the build; they belong to the adapter and cannot be configured. */
const PROFILE_RULES = join(import.meta.dirname, '../../profiles/inbound-rules.json');

/** Validation of inbound resources, and the profiles it uses. */
export interface InboundProfiles {
  /** Checks a resource against R4 and the inbound profiles. */
  readonly validate: InboundValidator;
  /** The profiles checked, by resource type. */
  readonly profilesFor: (type: string) => SupportedProfiles;
}

/** Reads the inbound profiles; null where the rules cannot be read, which is reported. */
export function readInboundProfiles(report: ReportProblem): InboundProfiles | null {
  const file = PROFILE_RULES;
  const fix = 'Restore the file with npm run ig.';
  try {
    const read = parseProfileRules(JSON.parse(readFileSync(file, 'utf8')));
    if ('rules' in read) {
      return {
        validate: createInboundValidator(read.rules),
        profilesFor: createSupportedProfileFinder(read.rules),
      };
    }
    report({ file, ...read, fix });
  } catch (cause) {
    report({ file, at: '', message: cause instanceof Error ? cause.message : 'cannot be read', fix });
  }
  return null;
}
