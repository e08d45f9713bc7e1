import type { LoadRequest } from './send-load.ts';
import { buildSiteToken } from './service-process.ts';

/** A platelet count in 10*9/L of a patient, as a hospital sends it. */
export function buildCountResource(id: string, patient: string, value: number, day = '2026-02-03'): object {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: `${day}T08:00:00+08:00`,
    identifier: [{ system: 'urn:lab', value: id }],
    valueQuantity: { value, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  };
}

/** Headers of a request of a site's client. */
export const buildSiteHeaders = (site: string, type = 'application/fhir+json'): Record<string, string> => ({
  authorization: `Bearer ${buildSiteToken(site)}`,
  'content-type': type,
});

/** The request that puts a platelet count of a patient of the site. */
export function buildPutRequest(
  site: string,
  id: string,
  patient: string,
  value: number,
  day?: string,
): LoadRequest {
  return {
    method: 'PUT',
    path: `/fhir/Observation/${id}`,
    headers: buildSiteHeaders(site),
    body: JSON.stringify(buildCountResource(id, patient, value, day)),
  };
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse('2024-01-01');

/**
 * Results as a site has them: `number` counts through its patients first and then through the days, so that each patient has
 * one count a day. Patients are `p0`, `p1`… of each site.
 */
export function buildDailyRequest(site: string, number: number, patients: number): LoadRequest {
  const day = new Date(FIRST_DAY + Math.floor(number / patients) * DAY_MS).toISOString().slice(0, 10);
  return buildPutRequest(site, `${site}-${number}`, `p${number % patients}`, 20 + (number % 80), day);
}
