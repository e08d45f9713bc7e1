import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OfferedProfiles, offeredProfiles } from '../fhir/profiles/offered.ts';
import { parseProfileRules } from '../fhir/profiles/rules.ts';
import { createValidate, type Validate } from '../fhir/profiles/validate.ts';
import type { Report } from './problem.ts';

/** The inbound profiles, compiled by the build; they are the adapter's own and no configuration. */
const PROFILE_RULES = join(import.meta.dirname, '../../profiles/inbound-rules.json');

/** What the doors ask for by profile. */
export interface Asking {
  /** Checks what is sent against R4 and the inbound profiles. */
  readonly validate: Validate;
  /** The profiles that it checks, by type. */
  readonly profilesOf: (type: string) => OfferedProfiles;
}

/** The inbound profiles as the doors hold them; null where the rules cannot be read, which is reported. */
export function profilesAsked(report: Report): Asking | null {
  const file = PROFILE_RULES;
  const fix = 'Restore the file: npm run ig makes it.';
  try {
    const read = parseProfileRules(JSON.parse(readFileSync(file, 'utf8')));
    if ('rules' in read) {
      return { validate: createValidate(read.rules), profilesOf: offeredProfiles(read.rules) };
    }
    report({ file, ...read, fix });
  } catch (cause) {
    report({ file, at: '', message: cause instanceof Error ? cause.message : 'cannot be read', fix });
  }
  return null;
}
