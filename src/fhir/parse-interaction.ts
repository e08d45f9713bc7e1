import { Failure } from '../errors.ts';
import { type FhirVersion, R5_TYPES } from './fhir-version.ts';
import type { Interaction } from './interaction.ts';
import { isObject, type Resource } from './resource.ts';
import { LONG_ID_PATTERN, RESOURCE_ID_PATTERN, RESOURCE_TYPES } from './resource-types.ts';
import { findSentText } from './sent-text.ts';
import { isFhirResource } from './validate-resource.ts';

/** A RESTful request in FHIR's terms, from an HTTP call or from `Bundle.entry.request`. */
export interface FhirRequest {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly type: string;
  readonly id: string | null;
  /** The query of a conditional update, such as `identifier=sys|value`; null without one. */
  readonly query: string | null;
  readonly ifNoneExist: string | null;
  readonly ifMatch: string | null;
  readonly body: unknown;
  /** R4 where it is not stated. */
  readonly fhirVersion?: FhirVersion;
}

/** Parses the business identifier in `identifier=system|value`. No other search parameter is supported. */
function parseIdentifierQuery(query: string, at: string): { system: string; value: string } {
  const match = /^\??identifier=([^&]+)$/.exec(query);
  const token = match?.[1] === undefined ? null : decodeQuery(match[1]);
  const bar = token?.indexOf('|') ?? -1;
  if (token === null || bar < 1 || bar === token.length - 1 || token.includes(',')) {
    throw new Failure('fhir/malformed', 'The search must be by one identifier.', {
      at,
      spec: 'FHIR R4 http, conditional interactions',
      fix: 'Send identifier=system|value, with both parts and no other parameter.',
    });
  }
  return { system: token.slice(0, bar), value: token.slice(bar + 1) };
}

function decodeQuery(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Parses the version in an If-Match header; null where none was sent (FHIR R4 http, managing contention). */
function parseIfMatch(header: string | null, at: string): string | null {
  if (header === null) return null;
  const match = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/.exec(header.trim());
  if (match?.[1] === undefined) {
    throw new Failure('fhir/malformed', 'If-Match is not an ETag.', {
      at,
      fix: 'Send the version as an ETag, such as W/"3".',
    });
  }
  return match[1];
}

function createInvalidFailure(message: string, at: string, fix: string): Failure {
  return new Failure('fhir/invalid', message, { at, fix });
}

/** Refuses an unknown type, a type that is not read in R5, and Bundle, which must be sent to the base URL. */
function requireSupportedType(type: string, version: FhirVersion = '4.0'): void {
  if (!RESOURCE_TYPES.has(type)) {
    throw new Failure('fhir/unknown-type', 'Neither FHIR R4 nor R4B has a resource type of this name.', {
      fix: 'Use a resource type such as Observation, spelt as in FHIR.',
    });
  }
  if (version === '5.0' && type !== 'Bundle' && !R5_TYPES.includes(type)) {
    throw new Failure('fhir/unsupported-version', 'This type is read in FHIR R4 only.', {
      at: 'Content-Type',
      fix: `Send it as R4, with fhirVersion=4.0; in R5 only ${R5_TYPES.join(', ')} are read.`,
    });
  }
  if (type === 'Bundle') {
    throw createInvalidFailure(
      'A Bundle is not stored as a resource.',
      'Bundle',
      'Post batch, transaction and collection Bundles to the base, /fhir.',
    );
  }
}

function requireBody(request: FhirRequest): Resource {
  const { body, type } = request;
  if (!isObject(body))
    throw createInvalidFailure('The body is not a FHIR resource.', type, 'Send one FHIR resource.');
  if (body.resourceType !== type) {
    throw createInvalidFailure(
      'resourceType is not the type in the URL.',
      `${type}.resourceType`,
      'Send the resource to the URL of its own type.',
    );
  }
  if (!isFhirResource(body))
    throw createInvalidFailure('The body is not a FHIR resource.', type, 'Send one FHIR resource.');
  return body;
}

const LONG_IDS_FIX =
  ', or, if the EHR has no other ids, have the adapter take them: "longIds": "as-identifiers" in the configuration of the site';

function requireId(type: string, id: unknown): string | null {
  if (id === undefined) return null;
  if (typeof id === 'string' && RESOURCE_ID_PATTERN.test(id)) return id;
  const isTooLong = typeof id === 'string' && LONG_ID_PATTERN.test(id);
  throw createInvalidFailure(
    isTooLong ? 'The id is longer than 64 characters.' : 'The id is not a valid FHIR id.',
    `${type}.id`,
    `Use 1 to 64 of A-Z, a-z, 0-9, "-" and "." (FHIR R4 datatypes, id)${isTooLong ? LONG_IDS_FIX : ''}.`,
  );
}

function hasIdentifier(resource: Resource, { system, value }: { system: string; value: string }): boolean {
  const { identifier } = resource;
  const identifiers: unknown[] = Array.isArray(identifier) ? identifier : [identifier];
  return identifiers.some(
    (candidate) => isObject(candidate) && candidate.system === system && candidate.value === value,
  );
}

/**
 * Reads a conditional update (`PUT Type?identifier=…`). The pipeline identifies any resource without an id by its business
 * identifier, so this is a create for a resource without an id and an update for one with an id.
 */
function readConditionalUpdate(request: FhirRequest, query: string): Interaction {
  const resource = requireBody(request);
  if (!hasIdentifier(resource, parseIdentifierQuery(query, request.type))) {
    throw createInvalidFailure(
      'The resource does not have the identifier in the URL.',
      `${request.type}.identifier`,
      'Add the identifier to the resource.',
    );
  }
  const id = requireId(request.type, resource.id);
  return buildInteraction(request, id === null ? 'create' : 'update', id, resource);
}

function buildInteraction(
  request: FhirRequest,
  method: Interaction['method'],
  id: string | null,
  resource: Resource | null,
): Interaction {
  return {
    method,
    resourceType: request.type,
    id,
    resource,
    ifNoneExist: request.ifNoneExist,
    ifMatch: parseIfMatch(request.ifMatch, request.type),
    ...(request.fhirVersion === undefined ? {} : { fhirVersion: request.fhirVersion }),
    ...readSentText(resource),
  };
}

function readSentText(resource: Resource | null): Pick<Interaction, 'sentText'> {
  const sentText = resource === null ? undefined : findSentText(resource);
  return sentText === undefined ? {} : { sentText };
}

function readUpdate(request: FhirRequest, id: string): Interaction {
  const resource = requireBody(request);
  if (resource.id !== id) {
    throw createInvalidFailure(
      resource.id === undefined ? 'The resource has no id.' : 'The id is not the one in the URL.',
      `${request.type}.id`,
      'Send the resource with the id in the URL.',
    );
  }
  return buildInteraction(request, 'update', id, resource);
}

/**
 * Parses a request as an interaction. Throws a Failure (400 malformed, 404 unknown type, 422 type or id in the body differ
 * from the URL); its text contains nothing of the body. validateResource checks the content later.
 */
export function parseInteraction(request: FhirRequest): Interaction {
  requireSupportedType(request.type, request.method === 'DELETE' ? '4.0' : request.fhirVersion);
  const id = requireId(request.type, request.id ?? undefined);
  if (request.method === 'POST') {
    if (request.ifNoneExist !== null) parseIdentifierQuery(request.ifNoneExist, request.type);
    const resource = requireBody(request);
    return buildInteraction(request, 'create', requireId(request.type, resource.id), resource);
  }
  if (request.method === 'DELETE') {
    if (id !== null) return buildInteraction(request, 'delete', id, null);
    throw new Failure('fhir/not-offered', 'Deleting by a search is not supported.', {
      fix: 'Delete one resource by its id.',
    });
  }
  if (id !== null) return readUpdate(request, id);
  return readConditionalUpdate(request, request.query ?? '');
}

/** Infers the interaction for a resource without a request (NDJSON, collection): an update by its id, else a create. */
export function inferInteraction(tree: unknown, fhirVersion: FhirVersion = '4.0'): Interaction {
  if (!isFhirResource(tree)) {
    throw new Failure('fhir/malformed', 'This is not a FHIR R4 resource.', {
      at: 'resourceType',
      fix: 'Send one resource with its resourceType.',
    });
  }
  requireSupportedType(tree.resourceType, fhirVersion);
  const id = requireId(tree.resourceType, tree.id);
  return {
    method: id === null ? 'create' : 'update',
    resourceType: tree.resourceType,
    id,
    resource: tree,
    ifNoneExist: null,
    ifMatch: null,
    fhirVersion,
    ...readSentText(tree),
  };
}
