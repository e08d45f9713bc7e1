import { CANONICAL_BASE } from '../fhir/canonical-urls.ts';
import type { Source } from '../trial/facts.ts';
import type { JsonObject, WritebackContext } from './outgoing-resource.ts';

/** FHIR R4 id: what may stand in a literal reference. */
const FHIR_ID_PATTERN = /^[A-Za-z0-9.-]{1,64}$/;

/** `system|value` as a FHIR Identifier; a system never holds `|`, a value may. */
export function toFhirIdentifier(token: string): JsonObject {
  const bar = token.indexOf('|');
  const system = bar > 0 ? token.slice(0, bar) : null;
  return { ...(system ? { system } : {}), value: token.slice(bar + 1) };
}

/** The patient as this EHR knows him: a literal reference, else a logical one by business identifier. */
export function buildPatientReference(patient: string): JsonObject {
  if (/^Patient\/[A-Za-z0-9.-]{1,64}$/.test(patient)) return { reference: patient };
  return { type: 'Patient', identifier: toFhirIdentifier(patient) };
}

export function buildStudyReference(study: WritebackContext['study']): JsonObject {
  return { type: 'ResearchStudy', identifier: toFhirIdentifier(study.identifier), display: study.title };
}

/** This software as a Device: EHRs hold no resource for it, so it is named by identifier. */
export function buildSoftwareReference(version: string): JsonObject {
  return {
    type: 'Device',
    identifier: { system: `${CANONICAL_BASE}/sid/software`, value: 'fhir-trial-adapter' },
    display: `FHIR trial adapter ${version}`,
  };
}

/** The source as this EHR would resolve it; by words alone where it could not. */
function buildSourceReference(source: Source, context: WritebackContext, versioned: boolean): JsonObject {
  const version = versioned && source.version !== null ? source.version : null;
  if (!context.isResolvable(source) || !FHIR_ID_PATTERN.test(source.id)) {
    const suffix = version === null ? '' : ` version ${version}`;
    return { type: source.resourceType, display: `${source.resourceType} of site ${source.site}${suffix}` };
  }
  const reference = `${source.resourceType}/${source.id}`;
  if (version === null) return { reference };
  if (!FHIR_ID_PATTERN.test(version)) return { reference, display: `version ${version}` };
  return { reference: `${reference}/_history/${version}` };
}

/**
 * References to the sources: each resource once (several elements of a panel are one resource), in an order that does
 * not depend on the order in which they were found. With `versioned`, each version once, as `Type/id/_history/v`.
 */
export function buildSourceReferences(
  sources: readonly Source[],
  context: WritebackContext,
  versioned: boolean,
): readonly JsonObject[] {
  const byKey = new Map<string, JsonObject>();
  for (const source of sources) {
    const version = versioned ? (source.version ?? '') : '';
    const key = `${source.site}|${source.resourceType}/${source.id}/${version}`;
    byKey.set(key, buildSourceReference(source, context, versioned));
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
}
