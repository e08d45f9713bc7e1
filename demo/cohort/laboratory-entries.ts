import type { CountedAnalyte, SimulatedCount } from './blood-counts.ts';
import {
  buildConcept,
  buildHl7Concept,
  type CohortResource,
  LOINC_URI,
  toDecimal,
  UCUM_URI,
} from './fhir-elements.ts';
import {
  buildChartEntry,
  buildChartReference,
  type ChartEntry,
  formatChartInstant,
  formatRecordId,
  type PatientChart,
} from './patient-chart.ts';

const COUNTED_ANALYTES: readonly CountedAnalyte[] = [
  'wbc',
  'anc',
  'hemoglobin',
  'platelets',
  'reticulocytes',
];
const WEIGHT_CODE = buildConcept({ system: LOINC_URI, code: '29463-7', display: 'Body weight' });
const PANEL_CODE = buildConcept({
  system: LOINC_URI,
  code: '58410-2',
  display: 'CBC panel - Blood by Automated count',
});

/** The version and status of a laboratory record. */
interface ResultVersion {
  readonly version: number;
  readonly status: 'final' | 'corrected' | 'entered-in-error';
}

const FIRST_VERSION: ResultVersion = { version: 1, status: 'final' };

/** Builds one blood count as the hospital's laboratory reports it: five results, one panel, or one report. */
export function buildCountEntries(
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
): readonly ChartEntry[] {
  if (chart.dialect.laboratory !== 'singles') return [buildPlateletsEntry(chart, count, ordinal)];
  const at = formatChartInstant(chart, count.day, count.minutes);
  return COUNTED_ANALYTES.map((analyte) =>
    buildChartEntry(chart, at, buildSingleResult(chart, analyte, count, ordinal)),
  );
}

/** Builds a version of the record that contains the platelets of a count: the single result, the panel or the report. */
export function buildPlateletsEntry(
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
  resultVersion: ResultVersion = FIRST_VERSION,
): ChartEntry {
  const buildRecord = { singles: buildPlateletsResult, panel: buildPanel, report: buildReport }[
    chart.dialect.laboratory
  ];
  const at = formatChartInstant(chart, count.day, count.minutes);
  return buildChartEntry(chart, at, buildRecord(chart, count, ordinal, resultVersion), resultVersion.version);
}

function buildPlateletsResult(
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
  resultVersion: ResultVersion,
): CohortResource {
  return buildSingleResult(chart, 'platelets', count, ordinal, resultVersion);
}

const LABORATORY_CATEGORY = { category: [buildHl7Concept('observation-category', 'laboratory')] };

/** Builds the result of one analyte as an Observation of its own. */
export function buildSingleResult(
  chart: PatientChart,
  analyte: CountedAnalyte,
  count: SimulatedCount,
  ordinal: number,
  resultVersion: ResultVersion = FIRST_VERSION,
): CohortResource {
  return {
    resourceType: 'Observation',
    id: formatRecordId(chart, analyte, ordinal),
    status: resultVersion.status,
    ...LABORATORY_CATEGORY,
    code: buildConcept(chart.dialect.labs[analyte].code),
    subject: buildChartReference(chart),
    effectiveDateTime: formatChartInstant(chart, count.day, count.minutes),
    ...buildResultQuantity(chart, analyte, count[analyte]),
  };
}

/** Builds the value in the hospital's unit and number of digits. */
export function buildResultQuantity(
  chart: PatientChart,
  analyte: CountedAnalyte,
  value: number,
): { readonly valueQuantity: unknown } {
  const { unit, unitCode, formatDigits } = chart.dialect.labs[analyte];
  const coding = unitCode === null ? {} : { system: UCUM_URI, code: unitCode };
  return { valueQuantity: { value: toDecimal(formatDigits(value)), unit, ...coding } };
}

function buildPanel(
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
  resultVersion: ResultVersion,
): CohortResource {
  return {
    resourceType: 'Observation',
    id: formatRecordId(chart, 'cbc', ordinal),
    status: resultVersion.status,
    ...LABORATORY_CATEGORY,
    code: PANEL_CODE,
    subject: buildChartReference(chart),
    effectiveDateTime: formatChartInstant(chart, count.day, count.minutes),
    component: COUNTED_ANALYTES.map((analyte) => ({
      code: buildConcept(chart.dialect.labs[analyte].code),
      ...buildResultQuantity(chart, analyte, count[analyte]),
    })),
  };
}

function buildReport(
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
  resultVersion: ResultVersion,
): CohortResource {
  return {
    resourceType: 'DiagnosticReport',
    id: formatRecordId(chart, 'report', ordinal),
    contained: COUNTED_ANALYTES.map((analyte) => ({
      resourceType: 'Observation',
      id: analyte,
      status: resultVersion.status,
      code: buildConcept(chart.dialect.labs[analyte].code),
      ...buildResultQuantity(chart, analyte, count[analyte]),
    })),
    status: resultVersion.status,
    category: [buildHl7Concept('v2-0074', 'HM')],
    code: PANEL_CODE,
    subject: buildChartReference(chart),
    effectiveDateTime: formatChartInstant(chart, count.day, count.minutes),
    result: COUNTED_ANALYTES.map((analyte) => ({ reference: `#${analyte}` })),
  };
}

/** Builds the body weight before an infusion. */
export function buildWeightEntry(chart: PatientChart, day: number, ordinal: number): ChartEntry {
  const at = formatChartInstant(chart, day, 16 * 60);
  return buildChartEntry(chart, at, {
    resourceType: 'Observation',
    id: formatRecordId(chart, 'weight', ordinal),
    status: 'final',
    category: [buildHl7Concept('observation-category', 'vital-signs')],
    code: WEIGHT_CODE,
    subject: buildChartReference(chart),
    effectiveDateTime: at,
    valueQuantity: {
      value: toDecimal((chart.course.weight / 10).toFixed(1)),
      unit: 'kg',
      system: UCUM_URI,
      code: 'kg',
    },
  });
}
