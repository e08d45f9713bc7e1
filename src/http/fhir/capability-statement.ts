import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { R5_TYPES } from '../../fhir/fhir-version.ts';
import type { SupportedProfiles } from '../../fhir/profiles/supported-profiles.ts';
import {
  listWriteBackProfiles,
  WRITE_BACK_PROFILES,
  type WriteBackResourceType,
} from '../../fhir/profiles/write-back-profiles.ts';
import { FULLY_CHECKED_TYPES } from '../../fhir/validate/type-shapes.ts';
import type { Reply } from '../reply.ts';
import type { HandlerDependencies, Route } from './route.ts';

const SECURITY_DESCRIPTION =
  'Every request except this one needs a bearer token, or a client certificate. Either belongs to one client of one site, and ' +
  'is valid for the patients of that site only. A client may do what its scopes name; writing ResearchSubject enrols, and is in ' +
  'no wildcard.';

/** States how clients authenticate; SMART Backend Services only where clients are configured for it. */
function buildSecurity(tokenUrl: string | null): object {
  const description = { cors: false, description: SECURITY_DESCRIPTION };
  if (tokenUrl === null) return description;
  const system = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
  const uris = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';
  return {
    extension: [{ url: uris, extension: [{ url: 'token', valueUri: tokenUrl }] }],
    ...description,
    service: [{ coding: [{ system, code: 'SMART-on-FHIR' }] }],
  };
}

const DOCUMENTATION =
  'The adapter accepts resources and does not return them: there is no read and no search. Other resource types are ' +
  'answered too, and stored only if listed types refer to them (Specimen, Substance). POST / also accepts Bundles of ' +
  'type collection; $ingest accepts NDJSON. ' +
  'fhirVersion=4.3 (R4B) on the media type is read as R4: the listed types are the same in both, and so are the answers. ' +
  `With fhirVersion=5.0 on the media type, ${R5_TYPES.join(', ')} are read as R5; all other types are read as R4 only.`;

function toCodeList<T extends string>(values: readonly T[]): { code: T }[] {
  return [...new Set(values)].map((code) => ({ code }));
}

function buildProfiles({ base, claimable }: SupportedProfiles): object {
  return {
    ...(base === null ? {} : { profile: base }),
    ...(claimable.length === 0 ? {} : { supportedProfile: claimable }),
  };
}

function buildRestResources(
  routes: readonly Route[],
  { findSupportedProfiles }: HandlerDependencies,
): unknown[] {
  const conditional = new Set(routes.flatMap((route) => route.offers.conditional ?? []));
  const interaction = toCodeList(routes.flatMap((route) => route.offers.resource ?? []));
  return [...FULLY_CHECKED_TYPES].sort().map((type) => ({
    type,
    ...buildProfiles(findSupportedProfiles(type)),
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

/** The interactions that the adapter needs in an EHR that it writes to; its token there must permit them. */
const WRITE_BACK_CLIENT = {
  mode: 'client',
  documentation:
    'Write-back to the EHR of a site: each resource with its Provenance in one transaction, the first time by conditional ' +
    'update on the identifier, later as an update of the version that was read (ifMatch).',
  resource: (Object.keys(WRITE_BACK_PROFILES) as WriteBackResourceType[]).sort().map((type) => ({
    type,
    supportedProfile: listWriteBackProfiles(type),
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

/** Builds the answer to GET /metadata from the route table (FHIR R4 CapabilityStatement, kind instance). */
export function buildCapabilityReply(
  routes: readonly Route[],
  base: string,
  dependencies: HandlerDependencies,
): Reply {
  const body = {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: dependencies.now().toISOString(),
    kind: 'instance',
    software: { name: 'fhir-trial-adapter', version: dependencies.version },
    implementation: { description: 'FHIR trial adapter', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+ndjson'],
    rest: [
      {
        mode: 'server',
        documentation: DOCUMENTATION,
        security: buildSecurity(dependencies.tokenUrl),
        resource: buildRestResources(routes, dependencies),
        interaction: toCodeList(routes.flatMap((route) => route.offers.system ?? [])),
        operation: buildOperations(routes),
      },
      WRITE_BACK_CLIENT,
    ],
  };
  return { status: 200, headers: {}, body };
}
