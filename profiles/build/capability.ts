import { BASE } from '../../src/fhir/canonical.ts';
import { offeredProfiles } from '../../src/fhir/profiles/offered.ts';
import type { ProfileRules } from '../../src/fhir/profiles/rules.ts';
import { capabilityStatement } from '../../src/http/fhir/capability.ts';
import { ROUTES } from '../../src/http/fhir/routes.ts';
import type { Json } from './resource.ts';

/**
 * What every instance of the adapter offers, made from the service's own route table (the same function answers
 * GET /metadata) and the rules that its doors check.
 */
export function capabilityOf(rules: ProfileRules, version: string): Json {
  const limits = { lineBytes: 0 };
  const nobody = { entryAccepted() {}, requestAnswered() {}, requestFailed() {} };
  const accept = () => Promise.reject(new Error('Nothing is sent here.'));
  const now = () => new Date(0);
  const parts = { accept, now, version, limits, observer: nobody, profilesOf: offeredProfiles(rules) };
  const { body } = capabilityStatement(ROUTES, BASE, parts);
  const { implementation: _one, date: _now, ...statement } = body as Json;
  return {
    resourceType: 'CapabilityStatement',
    id: 'adapter',
    url: `${BASE}/CapabilityStatement/adapter`,
    version,
    name: 'FhirTrialAdapter',
    title: 'FHIR trial adapter',
    status: 'active',
    experimental: false,
    date: RELEASED,
    description: 'What every instance of the adapter offers.',
    ...withoutHead(statement),
    kind: 'capability',
  };
}

/** R4 asks for a date; that of the definitions, so that the same sources give the same bytes. */
const RELEASED = '2026-11-22';

function withoutHead({ resourceType: _type, status: _status, ...rest }: Json): Json {
  return rest;
}
