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

/** Builds entries that must not disturb the trial's results; they are sent among the others. */
export function buildDistractorEntries(charts: readonly PatientChart[]): readonly ChartEntry[] {
  const [first] = charts;
  if (!first) return [];
  switch (first.dialect.site) {
    case 'site-1':
      return charts.map(buildHaematocritEntry);
    case 'site-2':
      return buildEnteredInErrorEntries(first);
    case 'site-5':
      return charts.map(buildFerritinEntry);
    case 'site-6':
      return charts.flatMap(buildRepeatedResult);
    default:
      return [];
  }
}

/** Builds a result that the trial does not use. */
function buildHaematocritEntry(chart: PatientChart): ChartEntry {
  return buildOtherResult(
    chart,
    'hct',
    { system: LOINC_URI, code: '4544-3', display: 'Hematocrit' },
    '24.5',
    '%',
  );
}

/** Builds a result with an unmapped local code, which is held for review. */
function buildFerritinEntry(chart: PatientChart): ChartEntry {
  return buildOtherResult(chart, 'ferritin', UNMAPPED_LOCAL_CODE, '1840', 'ng/mL');
}

function buildOtherResult(
  chart: PatientChart,
  name: string,
  code: Parameters<typeof buildConcept>[0],
  value: string,
  unit: string,
): ChartEntry {
  const at = formatChartInstant(chart, -8, 8 * 60);
  return buildChartEntry(chart, at, {
    resourceType: 'Observation',
    id: `${chart.patientId}-${name}-1`,
    status: 'final',
    category: [buildHl7Concept('observation-category', 'laboratory')],
    code: buildConcept(code),
    subject: buildChartReference(chart),
    effectiveDateTime: at,
    valueQuantity: { value: toDecimal(value), unit, system: UCUM_URI, code: unit },
  });
}

/** Builds another patient's platelets filed under this subject, and marked entered in error the next day. */
function buildEnteredInErrorEntries(chart: PatientChart): readonly ChartEntry[] {
  const count = chart.course.counts.find(({ day }) => day > 150);
  if (!count) return [];
  const misfiled = { ...count, day: count.day + 1, platelets: 412 };
  return [
    buildPlateletsEntry(chart, misfiled, 901),
    buildPlateletsEntry(chart, misfiled, 901, { version: 2, status: 'entered-in-error' }),
  ];
}

/** Builds a result of a panel, sent a second time as an Observation of its own. */
function buildRepeatedResult(chart: PatientChart): readonly ChartEntry[] {
  const count = chart.course.counts[4];
  if (!count) return [];
  const at = formatChartInstant(chart, count.day, count.minutes);
  return [buildChartEntry(chart, at, buildSingleResult(chart, 'platelets', count, 5))];
}

/** Builds deliveries that leave no trace in a subject's record; they are sent last. */
export function buildDistractorDeliveries(charts: readonly PatientChart[]): readonly HospitalDelivery[] {
  const [first] = charts;
  if (first?.dialect.site === 'site-1') return buildDeletedDeliveries(first);
  if (first?.dialect.site === 'site-3') return buildUnenrolledDeliveries(first);
  return [];
}

/** Builds a result that the hospital sends and then deletes. */
function buildDeletedDeliveries(chart: PatientChart): readonly HospitalDelivery[] {
  const count = chart.course.counts.find(({ day }) => day > 150);
  if (!count) return [];
  const { resource } = buildPlateletsEntry(chart, { ...count, day: count.day + 2, platelets: 388 }, 902);
  return [
    buildPut(resource),
    { kind: 'delete', method: 'DELETE', path: `Observation/${resource.id}`, body: null },
  ];
}

/** Builds a patient of the hospital who is not enrolled, with a result. */
function buildUnenrolledDeliveries(chart: PatientChart): readonly HospitalDelivery[] {
  const at = formatChartInstant(chart, 10, 8 * 60);
  const patientId = `${chart.dialect.patientPrefix}9999`;
  const meta = { versionId: '1', lastUpdated: at };
  return [
    buildPut({ resourceType: 'Patient', id: patientId, meta, gender: 'female', birthDate: '1961-05-05' }),
    buildPut({
      resourceType: 'Observation',
      id: `${patientId}-platelets-1`,
      meta,
      status: 'final',
      code: buildConcept(chart.dialect.labs.platelets.code),
      subject: { reference: `Patient/${patientId}` },
      effectiveDateTime: at,
      ...buildResultQuantity(chart, 'platelets', 245),
    }),
  ];
}
