import type { DetectedIssue, Observation, ServiceRequest } from '@medplum/fhirtypes';
import type { Hospital } from './hospitals.ts';

const ASSESSMENT_SYSTEM = 'https://fhir-trial-adapter.example/fhir/sid/assessment';

/** Finds the Observation of a subject's best response in the hospital's EHR. Throws unless there is exactly one. */
export async function findEhrBestResponse(hospital: Hospital, subject: string): Promise<Observation> {
  const observations = (await hospital.ehr.search('Observation')) as Observation[];
  const matches = observations.filter((observation) => isBestResponse(observation, subject));
  const [bestResponse] = matches;
  if (!bestResponse || matches.length > 1) {
    throw new Error(`The EHR has ${matches.length} best responses of ${subject}, not one.`);
  }
  return bestResponse;
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

/** Prints the resources in the seven EHRs, by type and status. */
export async function printEhrContents(hospitals: readonly Hospital[]): Promise<void> {
  console.log('\nIn the seven EHRs');
  for (const type of ['Observation', 'Provenance', 'DetectedIssue', 'ServiceRequest'] as const) {
    const resources = (await Promise.all(hospitals.map(({ ehr }) => ehr.search(type)))).flat();
    const statuses = resources.map(
      (resource) => (resource as Observation | DetectedIssue | ServiceRequest).status ?? '',
    );
    const counts = Object.entries(Object.groupBy(statuses, (status) => status))
      .filter(([status]) => status !== '')
      .map(([status, group]) => `${group?.length} ${status}`);
    console.log(`      ${type.padEnd(15)} ${String(resources.length).padStart(5)}  ${counts.join(', ')}`);
  }
}

/** Prints the parts of an Observation that a clinician reads. */
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
