import { BASE } from '../../src/fhir/canonical.ts';
import { capabilityStatement } from '../../src/http/fhir/capability.ts';
import { ROUTES } from '../../src/http/fhir/routes.ts';
import { isStructureDefinition } from './definition.ts';
import type { Json } from './resource.ts';

interface Statement extends Json {
  readonly rest: readonly { readonly resource: readonly { readonly type: string }[] }[];
}

/**
 * What every instance of the adapter offers, made from the service's own route table (the same function answers
 * GET /metadata), and which profiles hold for each type.
 */
export function capabilityOf(ours: readonly Json[], version: string): Json {
  const limits = { lineBytes: 0 };
  const nobody = { entryAccepted() {}, requestAnswered() {}, requestFailed() {} };
  const accept = () => Promise.reject(new Error('Nothing is sent here.'));
  const now = () => new Date(0);
  const { body } = capabilityStatement(ROUTES, BASE, { accept, now, version, limits, observer: nobody });
  const { implementation: _one, date: _now, ...statement } = body as Statement;
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
    rest: statement.rest.map((rest) => ({
      ...rest,
      resource: rest.resource.map((resource) => withProfiles(resource, ours)),
    })),
  };
}

/** R4 asks for a date; that of the definitions, so that the same sources give the same bytes. */
const RELEASED = '2026-11-22';

function withoutHead({ resourceType: _type, status: _status, ...rest }: Json): Json {
  return rest;
}

function withProfiles<T extends { readonly type: string }>(
  { type, ...rest }: T,
  ours: readonly Json[],
): unknown {
  const profiles = ours
    .filter(isStructureDefinition)
    .filter((each) => each.type === type && !OUTBOUND.has(each.id ?? ''))
    .map(({ url }) => url)
    .sort();
  return { type, ...(profiles.length > 0 ? { supportedProfile: profiles } : {}), ...rest };
}

/** Profiles of what the adapter writes: it does not take these in. */
const OUTBOUND = new Set([
  'response-assessment',
  'dose-deviation',
  'continuation-proposal',
  'assessment-provenance',
]);
