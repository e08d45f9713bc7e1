import { describe, expect, test } from '@jest/globals';
import { stringify } from 'lossless-json';
import type { CohortResource, HospitalDelivery } from '../../demo/cohort/fhir-elements.ts';
import { generateCohort, type SiteCohort } from '../../demo/cohort/generate-cohort.ts';

const cohort = generateCohort(2017);

function requireSite(name: string): SiteCohort {
  const siteCohort = cohort.sites.find(({ site }) => site === name);
  if (!siteCohort) throw new Error(`There is no ${name}.`);
  return siteCohort;
}

interface BundleEntry {
  readonly fullUrl?: string;
  readonly resource: CohortResource;
  readonly request: { readonly url: string };
}

function listEntries({ body }: HospitalDelivery): readonly BundleEntry[] {
  return (body as { entry: readonly BundleEntry[] }).entry;
}

function listResources(delivery: HospitalDelivery): readonly CohortResource[] {
  if (delivery.kind === 'delete') return [];
  if (delivery.kind === 'ndjson') return delivery.body as readonly CohortResource[];
  return delivery.kind === 'bundle'
    ? listEntries(delivery).map(({ resource }) => resource)
    : [delivery.body as CohortResource];
}

const listAllResources = ({ deliveries }: SiteCohort) => deliveries.flatMap(listResources);
const formatDeliveries = ({ deliveries }: SiteCohort) => stringify(deliveries) ?? '';

/** Counts the versions that were sent again, and those that were sent after a newer one. */
function countDisorder(site: SiteCohort) {
  const newest = new Map<string, string>();
  const disordered = listAllResources(site).flatMap((resource) => {
    const key = `${resource.resourceType}/${resource.id}`;
    const updated = (resource.meta as { lastUpdated: string }).lastUpdated;
    const before = newest.get(key);
    if (before === undefined || before < updated) newest.set(key, updated);
    if (before === undefined || before < updated || resource.resourceType === 'Patient') return [];
    return [before === updated ? 'repeated' : 'late'];
  });
  const repeated = disordered.filter((kind) => kind === 'repeated').length;
  return { repeated, late: disordered.length - repeated };
}

describe('the seven dialects', () => {
  test.each([
    ['site-1', '"code":"10*9/L"', '"code":"718-7"'],
    ['site-2', '"code":"K/uL"', '"code":"30233N1"'],
    ['site-3', '"unit":"/mm3"', '"code":"36430"'],
    ['site-4', '"unit":"mmol/L"', '"code":"59260-0"'],
    ['site-5', '"code":"XCG-08"', '"unit":"10^9/L"'],
    ['site-6', '"component":[', '"resourceType":"BiologicallyDerivedProduct"'],
    ['site-7', '"unit":"x10E3/uL"', '"unit":"gm/dL"'],
  ])('%s writes %s and %s', (name, firstText, secondText) => {
    expect(formatDeliveries(requireSite(name))).toContain(firstText);
    expect(formatDeliveries(requireSite(name))).toContain(secondText);
  });

  test('site 5 has no standard code for any treatment or result but weight', () => {
    const codes = [...formatDeliveries(requireSite('site-5')).matchAll(/"system":"(http[^"]+)","code"/g)].map(
      ([, system]) => system,
    );
    const standard = new Set(codes.filter((s) => !s?.startsWith('https://hospital-5.example/')));
    expect(
      [...standard].filter((s) => !s?.includes('terminology.hl7.org') && !s?.includes('unitsofmeasure')),
    ).toEqual(['http://loinc.org']);
    expect(formatDeliveries(requireSite('site-5')).match(/loinc\.org","code":"(?!29463-7)/)).toBeNull();
  });

  test('decimals keep the digits that the hospital sent', () => {
    expect(formatDeliveries(requireSite('site-1'))).toMatch(/"dose":\{"value":1\.\d0,/);
    expect(formatDeliveries(requireSite('site-2'))).toMatch(/"value":0\.\d0,"unit":"K\/uL"/);
  });

  test('site 4 sends total cells and a weight before every infusion, and versions by time only', () => {
    const resources = listAllResources(requireSite('site-4'));
    const infusions = resources.filter((r) => r.id.includes('-msc-'));
    const weights = resources.filter((r) => r.id.includes('-weight-'));
    expect(new Set(weights.map((r) => r.id)).size).toBe(new Set(infusions.map((r) => r.id)).size);
    expect(resources.every((r) => !stringify(r.meta)?.includes('versionId'))).toBe(true);
  });

  test('references inside a transaction of site 7 resolve within it', () => {
    for (const delivery of requireSite('site-7').deliveries) {
      const urls = new Set(listEntries(delivery).map((entry) => entry.fullUrl));
      expect(urls.size).toBe(listEntries(delivery).length);
      const named = stringify(delivery.body)?.match(/(?<="reference":")urn:uuid:[^"]+/g) ?? [];
      expect(named.filter((urn) => !urls.has(urn))).toEqual([]);
    }
  });
});

describe('deliveries are repeated and delayed', () => {
  test.each(cohort.sites.map((site) => [site.site, site] as const))(
    '%s repeats some versions and sends some late',
    (_, site) => {
      const { repeated, late } = countDisorder(site);
      // The two sites that send files have few deliveries, which chance may leave in place.
      if (site.deliveries.length > 100) expect(repeated).toBeGreaterThan(10);
      expect(late).toBeGreaterThan(0);
    },
  );

  test('the correction is a higher version of a record that was sent', () => {
    const [corrected] = listResources(cohort.correction.delivery);
    const first = listAllResources(requireSite(cohort.correction.site)).filter((r) => r.id === corrected?.id);
    expect(corrected).toMatchObject({ meta: { versionId: '2' }, status: 'corrected' });
    expect(new Set(first.map((r) => (r.meta as { versionId: string }).versionId))).toEqual(new Set(['1']));
  });

  test('subjects are enrolled once, by file or by their hospital', () => {
    const byFile = cohort.sites.flatMap(({ enrolment }) => enrolment.map(({ subject }) => subject));
    const byHospital = listAllResources(requireSite('site-7')).filter(
      (r) => r.resourceType === 'ResearchSubject',
    );
    const numbers = byHospital.map((r) => (r.identifier as { value: string }[])[0]?.value);
    expect(new Set([...byFile, ...numbers]).size).toBe(74);
  });
});
