import { CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import type { JsonObject } from '../fhir/resource.ts';
import { RESOURCE_ID_PATTERN } from '../fhir/resource-types.ts';
import type { Source } from '../trial/facts.ts';
import type { WritebackContext } from './outgoing-resource.ts';
import { formatVersionLocation } from './version-location.ts';

/** Converts `system|value` to a FHIR Identifier. It is split at the first `|`, which a value may contain but no system. */
export function toFhirIdentifier(token: string): JsonObject {
  const bar = token.indexOf('|');
  const system = bar > 0 ? token.slice(0, bar) : null;
  return { ...(system ? { system } : {}), value: token.slice(bar + 1) };
}

/**
 * Builds the reference to the patient that the EHR can resolve: literal for `Patient/id` (also with the EHR's own id over 64
 * characters), else logical.
 */
export function buildPatientReference(patient: string): JsonObject {
  if (/^Patient\/[A-Za-z0-9.-]{1,256}$/.test(patient)) return { reference: patient };
  return { type: 'Patient', identifier: toFhirIdentifier(patient) };
}

/** Builds the reference to the study, by identifier. */
export function buildStudyReference(study: WritebackContext['study']): JsonObject {
  return { type: 'ResearchStudy', identifier: toFhirIdentifier(study.identifier), display: study.title };
}

/** Builds the reference to this software as a Device, by identifier, since EHRs have no resource for it. */
export function buildSoftwareReference(version: string): JsonObject {
  return {
    type: 'Device',
    identifier: { system: `${CANONICAL_BASE}/sid/software`, value: 'fhir-trial-adapter' },
    display: `FHIR trial adapter ${version}`,
  };
}

/** Builds the reference to a source that the EHR can resolve; only a display where it cannot. */
function buildSourceReference(source: Source, context: WritebackContext, isVersioned: boolean): JsonObject {
  const version = isVersioned ? source.version : null;
  if (!context.isResolvable(source) || !RESOURCE_ID_PATTERN.test(source.id)) {
    const suffix = version === null ? '' : ` version ${version}`;
    return { type: source.resourceType, display: `${source.resourceType} of site ${source.site}${suffix}` };
  }
  const reference = `${source.resourceType}/${source.id}`;
  if (version === null) return { reference };
  if (!RESOURCE_ID_PATTERN.test(version)) return { reference, display: `version ${version}` };
  return { reference: formatVersionLocation({ ...source, version }) };
}

/**
 * Builds references to the sources: each resource once (several elements of a panel are one resource), in an order that
 * does not depend on the order of the sources. If `isVersioned`, each version once, as `Type/id/_history/version`.
 */
export function buildSourceReferences(
  sources: readonly Source[],
  context: WritebackContext,
  isVersioned: boolean,
): readonly JsonObject[] {
  const byKey = new Map<string, JsonObject>();
  for (const source of sources) {
    const version = isVersioned ? (source.version ?? '') : '';
    const key = `${source.site}|${source.resourceType}/${source.id}/${version}`;
    byKey.set(key, buildSourceReference(source, context, isVersioned));
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
}
