import { badRequest, multipleMatches, OperationOutcomeError, parseSearchRequest } from '@medplum/core';
import type { FhirRepository } from '@medplum/fhir-router';
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';

/**
 * Decides the conditional updates of a transaction before Medplum's router sees it: `PUT Type?identifier=…` becomes
 * `PUT Type/id` where one resource matches and `POST Type` where none does. The router would refuse a transaction of
 * more than eight entries with a conditional write, because its database has to lock what a condition reads; here one
 * write runs at a time, so nothing can change between the condition and the write.
 */
export async function resolveConditions(bundle: Bundle, repo: FhirRepository): Promise<Bundle> {
  const asked = new Set<string>();
  const entry: BundleEntry[] = [];
  for (const [index, one] of (bundle.entry ?? []).entries()) {
    const url = one.request?.url ?? '';
    if (one.request?.method !== 'PUT' || !url.includes('?')) {
      entry.push(one);
      continue;
    }
    const at = `Bundle.entry[${index}].request.url`;
    if (asked.has(url))
      throw new OperationOutcomeError(badRequest('Two entries have the same condition', at));
    asked.add(url);
    entry.push(await resolveCondition(one, url, repo));
  }
  return { ...bundle, entry };
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

/** R4 asks a transaction's response for a versioned location and an ETag; the router gives neither. */
export function addVersionLocations(response: Bundle): Bundle {
  const entry = (response.entry ?? []).map((one) => {
    const version = one.resource?.meta?.versionId;
    if (!one.response?.location || !version) return one;
    return {
      response: {
        ...one.response,
        location: `${one.response.location}/_history/${version}`,
        etag: `W/"${version}"`,
        lastModified: one.resource?.meta?.lastUpdated,
      },
    };
  });
  return { ...response, entry } as Bundle;
}
