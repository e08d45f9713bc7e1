import { badRequest, multipleMatches, OperationOutcomeError, parseSearchRequest } from '@medplum/core';
import type { FhirRepository } from '@medplum/fhir-router';
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';

/**
 * Resolves the conditional updates of a transaction before Medplum's router receives it: `PUT Type?identifier=…`
 * becomes `PUT Type/id` where one resource matches and `POST Type` where none does. The router refuses a transaction of
 * more than eight entries with a conditional write, because its database locks the rows that a condition reads. Here
 * one write runs at a time, so nothing can change between the condition and the write.
 */
export async function resolveConditions(bundle: Bundle, repo: FhirRepository): Promise<Bundle> {
  const conditions = new Set<string>();
  const resolved: BundleEntry[] = [];
  for (const [index, entry] of (bundle.entry ?? []).entries()) {
    const url = entry.request?.url ?? '';
    if (entry.request?.method !== 'PUT' || !url.includes('?')) {
      resolved.push(entry);
      continue;
    }
    const at = `Bundle.entry[${index}].request.url`;
    if (conditions.has(url))
      throw new OperationOutcomeError(badRequest('Two entries have the same condition', at));
    conditions.add(url);
    resolved.push(await resolveCondition(entry, url, repo));
  }
  return { ...bundle, entry: resolved };
}

async function resolveCondition(entry: BundleEntry, url: string, repo: FhirRepository): Promise<BundleEntry> {
  const search = parseSearchRequest(url);
  search.count = 2;
  const [match, second] = await repo.searchResources(search);
  if (second) throw new OperationOutcomeError(multipleMatches);
  if (!match) return { ...entry, request: { method: 'POST', url: search.resourceType } };
  const request = { ...entry.request, method: 'PUT' as const, url: `${match.resourceType}/${match.id}` };
  return { ...entry, request, ...(entry.resource ? { resource: { ...entry.resource, id: match.id } } : {}) };
}

/** Adds the versioned location and the ETag that R4 requires in a transaction response, which the router omits. */
export function addVersionLocations(response: Bundle): Bundle {
  const entries = (response.entry ?? []).map((entry) => {
    const version = entry.resource?.meta?.versionId;
    if (!entry.response?.location || !version) return entry;
    return {
      response: {
        ...entry.response,
        location: `${entry.response.location}/_history/${version}`,
        etag: `W/"${version}"`,
        lastModified: entry.resource?.meta?.lastUpdated,
      },
    };
  });
  return { ...response, entry: entries } as Bundle;
}
