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

/** Which version of a laboratory's record, and what it calls itself. */
export interface ResultVersion {
  readonly version: number;
  readonly status: 'final' | 'corrected' | 'entered-in-error';
}

const FIRST_VERSION: ResultVersion = { version: 1, status: 'final' };

/** One blood count as the hospital's laboratory reports it: five results, one panel, or one report. */
export function buildCountEntries(
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
): readonly ChartEntry[] {
  if (bed.dialect.laboratory !== 'singles') return [buildPlateletsEntry(bed, count, n)];
  const at = formatChartInstant(bed, count.day, count.minutes);
  return COUNTED_ANALYTES.map((analyte) =>
    buildChartEntry(bed, at, buildSingleResult(bed, analyte, count, n)),
  );
}

/** The record that holds the platelets of a count, in this issue: the single result, or the panel or report. */
export function buildPlateletsEntry(
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
  issue: ResultVersion = FIRST_VERSION,
): ChartEntry {
  const write = { singles: buildPlateletsResult, panel: buildPanel, report: buildReport }[
    bed.dialect.laboratory
  ];
  const at = formatChartInstant(bed, count.day, count.minutes);
  return buildChartEntry(bed, at, write(bed, count, n, issue), issue.version);
}

function buildPlateletsResult(
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
  issue: ResultVersion,
): CohortResource {
  return buildSingleResult(bed, 'platelets', count, n, issue);
}

const LABORATORY_CATEGORY = { category: [buildHl7Concept('observation-category', 'laboratory')] };

/** One analyte's result as an Observation of its own. */
export function buildSingleResult(
  bed: PatientChart,
  analyte: CountedAnalyte,
  count: SimulatedCount,
  n: number,
  issue: ResultVersion = FIRST_VERSION,
): CohortResource {
  return {
    resourceType: 'Observation',
    id: formatRecordId(bed, analyte, n),
    status: issue.status,
    ...LABORATORY_CATEGORY,
    code: buildConcept(bed.dialect.labs[analyte].code),
    subject: buildChartReference(bed),
    effectiveDateTime: formatChartInstant(bed, count.day, count.minutes),
    ...buildResultQuantity(bed, analyte, count[analyte]),
  };
}

/** The value in the hospital's unit, with its digits. */
export function buildResultQuantity(
  bed: PatientChart,
  analyte: CountedAnalyte,
  value: number,
): { readonly valueQuantity: unknown } {
  const { unit, unitCode, digits } = bed.dialect.labs[analyte];
  const coded = unitCode === null ? {} : { system: UCUM_URI, code: unitCode };
  return { valueQuantity: { value: toDecimal(digits(value)), unit, ...coded } };
}

function buildPanel(
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
  issue: ResultVersion,
): CohortResource {
  return {
    resourceType: 'Observation',
    id: formatRecordId(bed, 'cbc', n),
    status: issue.status,
    ...LABORATORY_CATEGORY,
    code: PANEL_CODE,
    subject: buildChartReference(bed),
    effectiveDateTime: formatChartInstant(bed, count.day, count.minutes),
    component: COUNTED_ANALYTES.map((analyte) => ({
      code: buildConcept(bed.dialect.labs[analyte].code),
      ...buildResultQuantity(bed, analyte, count[analyte]),
    })),
  };
}

function buildReport(
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
  issue: ResultVersion,
): CohortResource {
  return {
    resourceType: 'DiagnosticReport',
    id: formatRecordId(bed, 'report', n),
    contained: COUNTED_ANALYTES.map((analyte) => ({
      resourceType: 'Observation',
      id: analyte,
      status: issue.status,
      code: buildConcept(bed.dialect.labs[analyte].code),
      ...buildResultQuantity(bed, analyte, count[analyte]),
    })),
    status: issue.status,
    category: [buildHl7Concept('v2-0074', 'HM')],
    code: PANEL_CODE,
    subject: buildChartReference(bed),
    effectiveDateTime: formatChartInstant(bed, count.day, count.minutes),
    result: COUNTED_ANALYTES.map((analyte) => ({ reference: `#${analyte}` })),
  };
}

/** Body weight before an infusion. */
export function buildWeightEntry(bed: PatientChart, day: number, n: number): ChartEntry {
  const at = formatChartInstant(bed, day, 16 * 60);
  return buildChartEntry(bed, at, {
    resourceType: 'Observation',
    id: formatRecordId(bed, 'weight', n),
    status: 'final',
    category: [buildHl7Concept('observation-category', 'vital-signs')],
    code: WEIGHT_CODE,
    subject: buildChartReference(bed),
    effectiveDateTime: at,
    valueQuantity: {
      value: toDecimal((bed.course.weight / 10).toFixed(1)),
      unit: 'kg',
      system: UCUM_URI,
      code: 'kg',
    },
  });
}
