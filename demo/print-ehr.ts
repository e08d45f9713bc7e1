import type { DetectedIssue, Observation, ServiceRequest } from '@medplum/fhirtypes';
import type { Hospital } from './hospitals.ts';

const ASSESSMENT_SYSTEM = 'https://fhir-trial-adapter.example/fhir/sid/assessment';

/** The one live Observation of a subject's best response, as its hospital's EHR has it now. */
export async function findEhrBestResponse(hospital: Hospital, subject: string): Promise<Observation> {
  const all = (await hospital.ehr.search('Observation')) as Observation[];
  const found = all.filter((one) => isBestResponse(one, subject));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} best responses of ${subject} in the EHR`);
  return only;
}

function isBestResponse(observation: Observation, subject: string): boolean {
  return (observation.identifier ?? []).some(
    ({ system, value }) =>
      system === ASSESSMENT_SYSTEM && value?.startsWith(`msc-aa.${subject}.all.overall.`),
  );
}

export function readResponseClass(observation: Observation): string {
  return observation.valueCodeableConcept?.coding?.[0]?.code ?? '(none)';
}

/** What stands in the seven EHRs: resources by type and status. */
export async function printEhrContents(hospitals: readonly Hospital[]): Promise<void> {
  console.log('\nIn the seven EHRs');
  for (const type of ['Observation', 'Provenance', 'DetectedIssue', 'ServiceRequest'] as const) {
    const found = (await Promise.all(hospitals.map(({ ehr }) => ehr.search(type)))).flat();
    const statuses = found.map((one) => (one as Observation | DetectedIssue | ServiceRequest).status ?? '');
    const by = Object.entries(Object.groupBy(statuses, (status) => status));
    const counts = by.filter(([status]) => status !== '').map(([status, all]) => `${all?.length} ${status}`);
    console.log(`      ${type.padEnd(15)} ${String(found.length).padStart(5)}  ${counts.join(', ')}`);
  }
}

/** The parts of an Observation that a doctor reads. */
export function printObservation(title: string, observation: Observation): void {
  const { id, meta, status, effectiveDateTime, method, note, derivedFrom } = observation;
  console.log(`\n${title}`);
  console.log(`      Observation/${id} version ${meta?.versionId}`);
  console.log(
    `      ${observation.code.text ?? observation.code.coding?.[0]?.code}: ${readResponseClass(observation)}, ${status}`,
  );
  console.log(`      ${effectiveDateTime}, by ${method?.text ?? method?.coding?.[0]?.code}`);
  for (const { text } of note ?? []) console.log(`      "${text}"`);
  console.log(`      from ${(derivedFrom ?? []).map(({ reference }) => reference).join(', ')}`);
}
