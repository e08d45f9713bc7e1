import { BASE } from '../../fhir/canonical.ts';
import type { OfferedProfiles } from '../../fhir/profiles/offered.ts';
import { WRITTEN_PROFILES } from '../../fhir/profiles/written.ts';
import { CHECKED_TYPES } from '../../fhir/validate/schema.ts';
import { R5_TYPES } from '../../fhir/version.ts';
import type { Reply } from '../reply.ts';
import type { FhirParts } from './exchange.ts';
import type { Route } from './routes.ts';

const SECURITY =
  'Every call but this one needs a bearer token. A token belongs to one client of one site, and speaks for that ' +
  "site's patients only.";

const DOCUMENTATION =
  'Resources are taken in, not given out: there is no read and no search. Types that are not listed are answered, ' +
  'and kept only where listed ones refer to them (Specimen, Substance). POST / also takes Bundles of type ' +
  'collection, $ingest takes NDJSON. ' +
  `With fhirVersion=5.0 on the media type ${R5_TYPES.join(', ')} are read as R5, other types as R4 only.`;

function codes<T extends string>(values: readonly T[]): { code: T }[] {
  return [...new Set(values)].map((code) => ({ code }));
}

function profiles({ base, claimed }: OfferedProfiles): object {
  return {
    ...(base === null ? {} : { profile: base }),
    ...(claimed.length === 0 ? {} : { supportedProfile: claimed }),
  };
}

function resources(routes: readonly Route[], { profilesOf }: FhirParts): unknown[] {
  const conditional = new Set(routes.flatMap((route) => route.offers.conditional ?? []));
  const interaction = codes(routes.flatMap((route) => route.offers.resource ?? []));
  return [...CHECKED_TYPES].sort().map((type) => ({
    type,
    ...profiles(profilesOf(type)),
    interaction,
    versioning: 'versioned',
    readHistory: false,
    updateCreate: true,
    conditionalCreate: conditional.has('create'),
    conditionalUpdate: conditional.has('update'),
    conditionalDelete: 'not-supported',
  }));
}

function operations(routes: readonly Route[]): unknown[] {
  return routes.flatMap(({ offers }) =>
    offers.operation
      ? [{ name: offers.operation, definition: `${BASE}/OperationDefinition/${offers.operation}` }]
      : [],
  );
}

/** What the adapter asks of an EHR that it writes to: the rights that its token there must have. */
const WRITE_BACK = {
  mode: 'client',
  documentation:
    'What is written back to the EHR of a site: in one transaction each resource with its Provenance, the first time by ' +
    'conditional update on the identifier, then over the version that was read (ifMatch).',
  resource: Object.entries(WRITTEN_PROFILES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, profile]) => ({
      type,
      supportedProfile: [profile],
      interaction:
        type === 'Provenance' ? codes(['create']) : codes(['create', 'update', 'read', 'search-type']),
      ...(type === 'Provenance'
        ? {}
        : { conditionalUpdate: true, searchParam: [{ name: 'identifier', type: 'token' }] }),
    })),
  interaction: codes(['transaction']),
};

/** GET /metadata: what the route table offers and nothing more (FHIR R4 CapabilityStatement, kind instance). */
export function capabilityStatement(routes: readonly Route[], base: string, parts: FhirParts): Reply {
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
        security: { cors: false, description: SECURITY },
        resource: resources(routes, parts),
        interaction: codes(routes.flatMap((route) => route.offers.system ?? [])),
        operation: operations(routes),
      },
      WRITE_BACK,
    ],
  };
  return { status: 200, headers: {}, body };
}
