import { UNMAPPED_LOCAL_CODE } from './dialect-terms.ts';
import {
  buildConcept,
  buildHl7Concept,
  type HospitalDelivery,
  LOINC_URI,
  toDecimal,
  UCUM_URI,
} from './fhir-elements.ts';
import { buildPlateletsEntry, buildResultQuantity, buildSingleResult } from './laboratory-entries.ts';
import { buildPut } from './pack-deliveries.ts';
import {
  buildChartEntry,
  buildChartReference,
  type ChartEntry,
  formatChartInstant,
  type PatientChart,
} from './patient-chart.ts';

/** What else a hospital sends that the trial must not trip over; entries come among the others. */
export function buildDistractorEntries(beds: readonly PatientChart[]): readonly ChartEntry[] {
  const [first] = beds;
  if (!first) return [];
  switch (first.dialect.site) {
    case 'site-1':
      return beds.map(buildHaematocritEntry);
    case 'site-2':
      return buildEnteredInErrorEntries(first);
    case 'site-5':
      return beds.map(buildFerritinEntry);
    case 'site-6':
      return beds.flatMap(buildRepeatedResult);
    default:
      return [];
  }
}

/** A result that the trial has no use for. */
function buildHaematocritEntry(bed: PatientChart): ChartEntry {
  return buildOtherResult(
    bed,
    'hct',
    { system: LOINC_URI, code: '4544-3', display: 'Hematocrit' },
    '24.5',
    '%',
  );
}

/** A local code that nobody has mapped: it waits for a person. */
function buildFerritinEntry(bed: PatientChart): ChartEntry {
  return buildOtherResult(bed, 'ferritin', UNMAPPED_LOCAL_CODE, '1840', 'ng/mL');
}

function buildOtherResult(
  bed: PatientChart,
  what: string,
  code: Parameters<typeof buildConcept>[0],
  value: string,
  unit: string,
): ChartEntry {
  const at = formatChartInstant(bed, -8, 8 * 60);
  return buildChartEntry(bed, at, {
    resourceType: 'Observation',
    id: `${bed.patientId}-${what}-1`,
    status: 'final',
    category: [buildHl7Concept('observation-category', 'laboratory')],
    code: buildConcept(code),
    subject: buildChartReference(bed),
    effectiveDateTime: at,
    valueQuantity: { value: toDecimal(value), unit, system: UCUM_URI, code: unit },
  });
}

/** Another patient's platelets under this subject's name, taken back the next day. */
function buildEnteredInErrorEntries(bed: PatientChart): readonly ChartEntry[] {
  const count = bed.course.counts.find((one) => one.day > 150);
  if (!count) return [];
  const wrong = { ...count, day: count.day + 1, platelets: 412 };
  return [
    buildPlateletsEntry(bed, wrong, 901),
    buildPlateletsEntry(bed, wrong, 901, { version: 2, status: 'entered-in-error' }),
  ];
}

/** One member of a panel, sent once more by itself: the same result in other clothes. */
function buildRepeatedResult(bed: PatientChart): readonly ChartEntry[] {
  const count = bed.course.counts[4];
  if (!count) return [];
  const at = formatChartInstant(bed, count.day, count.minutes);
  return [buildChartEntry(bed, at, buildSingleResult(bed, 'platelets', count, 5))];
}

/** Deliveries that are not about a subject's record as it stands; they come last. */
export function buildDistractorDeliveries(beds: readonly PatientChart[]): readonly HospitalDelivery[] {
  const [first] = beds;
  if (first?.dialect.site === 'site-1') return buildDeletedDeliveries(first);
  if (first?.dialect.site === 'site-3') return buildStrangerDeliveries(first);
  return [];
}

/** A result that the hospital deletes again. */
function buildDeletedDeliveries(bed: PatientChart): readonly HospitalDelivery[] {
  const count = bed.course.counts.find((one) => one.day > 150);
  if (!count) return [];
  const { resource } = buildPlateletsEntry(bed, { ...count, day: count.day + 2, platelets: 388 }, 902);
  return [
    buildPut(resource),
    { kind: 'delete', method: 'DELETE', path: `Observation/${resource.id}`, body: null },
  ];
}

/** A patient of the hospital who is not in the study. */
function buildStrangerDeliveries(bed: PatientChart): readonly HospitalDelivery[] {
  const at = formatChartInstant(bed, 10, 8 * 60);
  const patientId = `${bed.dialect.patientPrefix}9999`;
  const meta = { versionId: '1', lastUpdated: at };
  return [
    buildPut({ resourceType: 'Patient', id: patientId, meta, gender: 'female', birthDate: '1961-05-05' }),
    buildPut({
      resourceType: 'Observation',
      id: `${patientId}-platelets-1`,
      meta,
      status: 'final',
      code: buildConcept(bed.dialect.labs.platelets.code),
      subject: { reference: `Patient/${patientId}` },
      effectiveDateTime: at,
      ...buildResultQuantity(bed, 'platelets', 245),
    }),
  ];
}
