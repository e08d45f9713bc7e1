import { CANONICAL_BASE } from '../../src/fhir/canonical-urls.ts';
import type { ProfileRules } from '../../src/fhir/profiles/profile-rules.ts';
import { createSupportedProfileFinder } from '../../src/fhir/profiles/supported-profiles.ts';
import { buildCapabilityReply } from '../../src/http/fhir/capability-statement.ts';
import { ROUTES } from '../../src/http/fhir/routes.ts';
import type { DefinitionResource } from './definition-resource.ts';

/**
 * Builds the CapabilityStatement of every instance of the adapter from the service's route table, with the function that
 * answers GET /metadata, and from the inbound rules.
 */
export function buildPublishedCapability(rules: ProfileRules, version: string): DefinitionResource {
  const limits = { lineBytes: 0 };
  const silentObserver = {
    entryAccepted() {},
    requestAnswered() {},
    requestFailed() {},
    authenticationRefused() {},
  };
  const accept = () => Promise.reject(new Error('The build sends nothing.'));
  const now = () => new Date(0);
  const parts = {
    accept,
    now,
    version,
    limits,
    observer: silentObserver,
    stopping: new AbortController().signal,
    gate: { waitForRequests: async () => undefined },
    tokenUrl: null,
    takesLongIds: () => false,
    findSupportedProfiles: createSupportedProfileFinder(rules),
  };
  const { body } = buildCapabilityReply(ROUTES, CANONICAL_BASE, parts);
  const { implementation: _implementation, date: _date, ...statement } = body as DefinitionResource;
  return {
    resourceType: 'CapabilityStatement',
    id: 'adapter',
    url: `${CANONICAL_BASE}/CapabilityStatement/adapter`,
    version,
    name: 'FhirTrialAdapter',
    title: 'FHIR trial adapter',
    status: 'active',
    experimental: false,
    date: DEFINITIONS_DATE,
    description: 'What every instance of the adapter offers.',
    ...removeHead(statement),
    kind: 'capability',
  };
}

/** R4 requires a date. It is fixed, so that the same sources yield the same bytes. */
const DEFINITIONS_DATE = '2026-11-22';

function removeHead({
  resourceType: _type,
  status: _status,
  ...rest
}: DefinitionResource): DefinitionResource {
  return rest;
}
