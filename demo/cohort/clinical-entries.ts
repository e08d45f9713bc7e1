import {
  ADAPTER_BASE,
  buildConcept,
  buildHl7Concept,
  type CohortResource,
  toDecimal,
  UCUM_URI,
} from './fhir-elements.ts';
import {
  buildChartEntry,
  buildChartReference,
  type ChartEntry,
  formatChartDay,
  formatChartInstant,
  formatRecordId,
  type PatientChart,
} from './patient-chart.ts';
import type { PlannedInfusion } from './plan-treatment.ts';

const CELL_DOSE_EXTENSION = `${ADAPTER_BASE}/StructureDefinition/cell-dose`;
const INFUSION_MINUTES = 10 * 60 + 30;

/** Builds the record of an infusion of the study's cells, in the resources that the hospital uses. */
export function buildInfusionEntries(
  chart: PatientChart,
  infusion: PlannedInfusion,
  ordinal: number,
): readonly ChartEntry[] {
  const at = formatChartInstant(chart, infusion.day, INFUSION_MINUTES);
  if (chart.dialect.infusion === 'procedure') return buildProcedureEntries(chart, at, infusion, ordinal);
  return [
    buildChartEntry(chart, at, {
      resourceType: 'MedicationAdministration',
      id: formatRecordId(chart, 'msc', ordinal),
      status: infusion.dose !== null ? 'completed' : 'not-done',
      medicationCodeableConcept: buildConcept(chart.dialect.terms.mscProduct),
      subject: buildChartReference(chart),
      effectiveDateTime: at,
      ...(infusion.dose === null ? {} : { dosage: { dose: buildDoseQuantity(chart, infusion.dose) } }),
    }),
  ];
}

/** Builds the dose per kg body weight, or as total cells. `dose` is in 10*4 cells per kg, the weight in units of 100 g. */
function buildDoseQuantity(chart: PatientChart, dose: number): unknown {
  if (chart.dialect.infusion === 'total-cells') {
    const millions = ((dose * chart.course.weight) / 1000).toFixed(1);
    return { value: toDecimal(millions), unit: '10*6 cells', system: UCUM_URI, code: '10*6.{cells}' };
  }
  const value = toDecimal((dose / 100).toFixed(2));
  return { value, unit: 'x10^6 cells/kg', system: UCUM_URI, code: '10*6.{cells}/kg' };
}

/** Builds the infusion as a Procedure. R4 has no element for the dose there, so the hospital uses the extension. */
function buildProcedureEntries(
  chart: PatientChart,
  at: string,
  infusion: PlannedInfusion,
  ordinal: number,
): readonly ChartEntry[] {
  const product = {
    resourceType: 'BiologicallyDerivedProduct',
    id: formatRecordId(chart, 'product', ordinal),
    productCategory: 'cells',
    productCode: buildConcept(chart.dialect.terms.mscProduct),
  };
  const procedure = {
    resourceType: 'Procedure',
    id: formatRecordId(chart, 'infusion', ordinal),
    ...(infusion.dose === null
      ? {}
      : {
          extension: [{ url: CELL_DOSE_EXTENSION, valueQuantity: buildDoseQuantity(chart, infusion.dose) }],
        }),
    status: infusion.dose === null ? 'not-done' : 'completed',
    subject: buildChartReference(chart),
    performedDateTime: at,
    usedReference: [{ reference: `BiologicallyDerivedProduct/${product.id}` }],
  };
  return [buildChartEntry(chart, at, product), buildChartEntry(chart, at, procedure)];
}

/** Units of each transfusion. A hospital that documents it as a Procedure does not send them. */
const UNITS_GIVEN = { redCells: 2, platelets: 1 } as const;

export function buildTransfusionEntry(
  chart: PatientChart,
  component: 'redCells' | 'platelets',
  day: number,
  ordinal: number,
): ChartEntry {
  const at = formatChartInstant(chart, day, component === 'redCells' ? 14 * 60 : 15 * 60);
  const id = formatRecordId(chart, component === 'redCells' ? 'rbc' : 'plt-tx', ordinal);
  const code = buildConcept(chart.dialect.terms[component]);
  const elements = { id, status: 'completed', subject: buildChartReference(chart) };
  const resource: CohortResource =
    chart.dialect.transfusion === 'procedure'
      ? { resourceType: 'Procedure', ...elements, code, performedDateTime: at }
      : {
          resourceType: 'MedicationAdministration',
          ...elements,
          medicationCodeableConcept: code,
          effectiveDateTime: at,
          dosage: { dose: { value: UNITS_GIVEN[component], unit: 'U' } },
        };
  return buildChartEntry(chart, at, resource);
}

export function buildMedicationEntry(
  chart: PatientChart,
  agent: 'filgrastim' | 'atg',
  day: number,
  ordinal: number,
): ChartEntry {
  const at = formatChartInstant(chart, day, 18 * 60);
  return buildChartEntry(chart, at, {
    resourceType: 'MedicationAdministration',
    id: formatRecordId(chart, agent, ordinal),
    status: 'completed',
    medicationCodeableConcept: buildConcept(chart.dialect.terms[agent]),
    subject: buildChartReference(chart),
    effectiveDateTime: at,
  });
}

export function buildDiagnosisEntry(chart: PatientChart): ChartEntry {
  const day = chart.course.diagnosedDay;
  return buildChartEntry(chart, formatChartInstant(chart, day, 11 * 60), {
    resourceType: 'Condition',
    id: formatRecordId(chart, 'diagnosis', 1),
    clinicalStatus: buildHl7Concept('condition-clinical', 'active'),
    verificationStatus: buildHl7Concept('condition-ver-status', 'confirmed'),
    code: buildConcept(chart.dialect.terms.aplasticAnaemia),
    subject: buildChartReference(chart),
    onsetDateTime: formatChartDay(chart, day),
  });
}

/** Builds the infection twice: at diagnosis, and when it has resolved. */
export function buildInfectionEntries(chart: PatientChart, from: number, to: number): readonly ChartEntry[] {
  const buildCondition = (status: string, elements: object) => ({
    resourceType: 'Condition',
    id: formatRecordId(chart, 'infection', 1),
    clinicalStatus: buildHl7Concept('condition-clinical', status),
    verificationStatus: buildHl7Concept('condition-ver-status', 'confirmed'),
    code: buildConcept(chart.dialect.terms.infection),
    subject: buildChartReference(chart),
    onsetDateTime: formatChartDay(chart, from),
    ...elements,
  });
  return [
    buildChartEntry(chart, formatChartInstant(chart, from, 12 * 60), buildCondition('active', {})),
    buildChartEntry(
      chart,
      formatChartInstant(chart, to, 12 * 60),
      buildCondition('resolved', { abatementDateTime: formatChartDay(chart, to) }),
      2,
    ),
  ];
}

/** Builds mild headache and mild fever on the day of an infusion, both resolved. */
export function buildAdverseEventEntries(chart: PatientChart, day: number): readonly ChartEntry[] {
  return (['headache', 'fever'] as const).map((event, i) => {
    const at = formatChartInstant(chart, day, 20 * 60 + 40 * i);
    return buildChartEntry(chart, at, {
      resourceType: 'AdverseEvent',
      id: formatRecordId(chart, event, 1),
      actuality: 'actual',
      event: buildConcept(chart.dialect.terms[event]),
      subject: buildChartReference(chart),
      date: at,
      seriousness: buildHl7Concept('adverse-event-seriousness', 'non-serious'),
      severity: buildHl7Concept('adverse-event-severity', 'mild'),
      outcome: buildHl7Concept('adverse-event-outcome', 'resolved'),
    });
  });
}
