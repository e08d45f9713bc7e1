import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { R5_TYPES } from '../../fhir/fhir-version.ts';
import type { SupportedProfiles } from '../../fhir/profiles/supported-profiles.ts';
import { WRITE_BACK_PROFILES } from '../../fhir/profiles/write-back-profiles.ts';
import { FULLY_CHECKED_TYPES } from '../../fhir/validate/type-shapes.ts';
import type { Reply } from '../reply.ts';
import type { HandlerDependencies } from './handler-request.ts';
import type { Route } from './routes.ts';

const SECURITY_DESCRIPTION =
  'Every call but this one needs a bearer token. A token belongs to one client of one site, and speaks for that ' +
  "site's patients only.";

const DOCUMENTATION =
  'Resources are taken in, not given out: there is no read and no search. Types that are not listed are answered, ' +
  'and kept only where listed ones refer to them (Specimen, Substance). POST / also takes Bundles of type ' +
  'collection, $ingest takes NDJSON. ' +
  `With fhirVersion=5.0 on the media type ${R5_TYPES.join(', ')} are read as R5, other types as R4 only.`;

function toCodeList<T extends string>(values: readonly T[]): { code: T }[] {
  return [...new Set(values)].map((code) => ({ code }));
}

function buildProfiles({ base, claimable: claimed }: SupportedProfiles): object {
  return {
    ...(base === null ? {} : { profile: base }),
    ...(claimed.length === 0 ? {} : { supportedProfile: claimed }),
  };
}

function buildRestResources(
  routes: readonly Route[],
  { findSupportedProfiles: profilesOf }: HandlerDependencies,
): unknown[] {
  const conditional = new Set(routes.flatMap((route) => route.offers.conditional ?? []));
  const interaction = toCodeList(routes.flatMap((route) => route.offers.resource ?? []));
  return [...FULLY_CHECKED_TYPES].sort().map((type) => ({
    type,
    ...buildProfiles(profilesOf(type)),
    interaction,
    versioning: 'versioned',
    readHistory: false,
    updateCreate: true,
    conditionalCreate: conditional.has('create'),
    conditionalUpdate: conditional.has('update'),
    conditionalDelete: 'not-supported',
  }));
}

function buildOperations(routes: readonly Route[]): unknown[] {
  return routes.flatMap(({ offers }) =>
    offers.operation
      ? [{ name: offers.operation, definition: `${CANONICAL_BASE}/OperationDefinition/${offers.operation}` }]
      : [],
  );
}

/** What the adapter asks of an EHR that it writes to: the rights that its token there must have. */
const WRITE_BACK_CLIENT = {
  mode: 'client',
  documentation:
    'What is written back to the EHR of a site: in one transaction each resource with its Provenance, the first time by ' +
    'conditional update on the identifier, then over the version that was read (ifMatch).',
  resource: Object.entries(WRITE_BACK_PROFILES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, profile]) => ({
      type,
      supportedProfile: [profile],
      interaction:
        type === 'Provenance'
          ? toCodeList(['create'])
          : toCodeList(['create', 'update', 'read', 'search-type']),
      ...(type === 'Provenance'
        ? {}
        : { conditionalUpdate: true, searchParam: [{ name: 'identifier', type: 'token' }] }),
    })),
  interaction: toCodeList(['transaction']),
};

/** GET /metadata: what the route table offers and nothing more (FHIR R4 CapabilityStatement, kind instance). */
export function buildCapabilityReply(
  routes: readonly Route[],
  base: string,
  parts: HandlerDependencies,
): Reply {
  const body = {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: parts.now().toISOString(),
    kind: 'instance',
    software: { name: 'fhir-trial-adapter', version: parts.version },
    implementation: { description: 'FHIR trial adapter', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+ndjson'],
    rest: [
      {
        mode: 'server',
        documentation: DOCUMENTATION,
        security: { cors: false, description: SECURITY_DESCRIPTION },
        resource: buildRestResources(routes, parts),
        interaction: toCodeList(routes.flatMap((route) => route.offers.system ?? [])),
        operation: buildOperations(routes),
      },
      WRITE_BACK_CLIENT,
    ],
  };
  return { status: 200, headers: {}, body };
}
