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

/** An infusion of the study's cells, with whatever the hospital records about it. */
export function buildInfusionEntries(
  bed: PatientChart,
  infusion: PlannedInfusion,
  n: number,
): readonly ChartEntry[] {
  const at = formatChartInstant(bed, infusion.day, INFUSION_MINUTES);
  if (bed.dialect.infusion === 'procedure') return buildProcedureEntries(bed, at, infusion, n);
  const given = infusion.dose !== null;
  return [
    buildChartEntry(bed, at, {
      resourceType: 'MedicationAdministration',
      id: formatRecordId(bed, 'msc', n),
      status: given ? 'completed' : 'not-done',
      medicationCodeableConcept: buildConcept(bed.dialect.terms.mscProduct),
      subject: buildChartReference(bed),
      effectiveDateTime: at,
      ...(infusion.dose === null ? {} : { dosage: { dose: buildDoseQuantity(bed, infusion.dose) } }),
    }),
  ];
}

/** Per kg body weight, or all cells together. `dose` is in 10*4 cells per kg, weight in hundreds of grams. */
function buildDoseQuantity(bed: PatientChart, dose: number): unknown {
  if (bed.dialect.infusion === 'total-cells') {
    const millions = ((dose * bed.course.weight) / 1000).toFixed(1);
    return { value: toDecimal(millions), unit: '10*6 cells', system: UCUM_URI, code: '10*6.{cells}' };
  }
  const value = toDecimal((dose / 100).toFixed(2));
  return { value, unit: 'x10^6 cells/kg', system: UCUM_URI, code: '10*6.{cells}/kg' };
}

/** R4 has no place for a dose in a Procedure: the hospital uses the adapter's extension. */
function buildProcedureEntries(
  bed: PatientChart,
  at: string,
  infusion: PlannedInfusion,
  n: number,
): readonly ChartEntry[] {
  const product = {
    resourceType: 'BiologicallyDerivedProduct',
    id: formatRecordId(bed, 'product', n),
    productCategory: 'cells',
    productCode: buildConcept(bed.dialect.terms.mscProduct),
  };
  const procedure = {
    resourceType: 'Procedure',
    id: formatRecordId(bed, 'infusion', n),
    ...(infusion.dose === null
      ? {}
      : { extension: [{ url: CELL_DOSE_EXTENSION, valueQuantity: buildDoseQuantity(bed, infusion.dose) }] }),
    status: infusion.dose === null ? 'not-done' : 'completed',
    subject: buildChartReference(bed),
    performedDateTime: at,
    usedReference: [{ reference: `BiologicallyDerivedProduct/${product.id}` }],
  };
  return [buildChartEntry(bed, at, product), buildChartEntry(bed, at, procedure)];
}

export function buildTransfusionEntry(
  bed: PatientChart,
  what: 'redCells' | 'platelets',
  day: number,
  n: number,
): ChartEntry {
  const at = formatChartInstant(bed, day, what === 'redCells' ? 14 * 60 : 15 * 60);
  const id = formatRecordId(bed, what === 'redCells' ? 'rbc' : 'plt-tx', n);
  const code = buildConcept(bed.dialect.terms[what]);
  const common = { id, status: 'completed', subject: buildChartReference(bed) };
  const resource: CohortResource =
    bed.dialect.transfusion === 'procedure'
      ? { resourceType: 'Procedure', ...common, code, performedDateTime: at }
      : {
          resourceType: 'MedicationAdministration',
          ...common,
          medicationCodeableConcept: code,
          effectiveDateTime: at,
        };
  return buildChartEntry(bed, at, resource);
}

export function buildMedicationEntry(
  bed: PatientChart,
  what: 'filgrastim' | 'atg',
  day: number,
  n: number,
): ChartEntry {
  const at = formatChartInstant(bed, day, 18 * 60);
  return buildChartEntry(bed, at, {
    resourceType: 'MedicationAdministration',
    id: formatRecordId(bed, what, n),
    status: 'completed',
    medicationCodeableConcept: buildConcept(bed.dialect.terms[what]),
    subject: buildChartReference(bed),
    effectiveDateTime: at,
  });
}

export function buildDiagnosisEntry(bed: PatientChart): ChartEntry {
  const day = bed.course.diagnosedDay;
  return buildChartEntry(bed, formatChartInstant(bed, day, 11 * 60), {
    resourceType: 'Condition',
    id: formatRecordId(bed, 'diagnosis', 1),
    clinicalStatus: buildHl7Concept('condition-clinical', 'active'),
    verificationStatus: buildHl7Concept('condition-ver-status', 'confirmed'),
    code: buildConcept(bed.dialect.terms.aplasticAnaemia),
    subject: buildChartReference(bed),
    onsetDateTime: formatChartDay(bed, day),
  });
}

/** The infection when it is found, and again when it is over. */
export function buildInfectionEntries(bed: PatientChart, from: number, to: number): readonly ChartEntry[] {
  const condition = (status: string, more: object) => ({
    resourceType: 'Condition',
    id: formatRecordId(bed, 'infection', 1),
    clinicalStatus: buildHl7Concept('condition-clinical', status),
    verificationStatus: buildHl7Concept('condition-ver-status', 'confirmed'),
    code: buildConcept(bed.dialect.terms.infection),
    subject: buildChartReference(bed),
    onsetDateTime: formatChartDay(bed, from),
    ...more,
  });
  return [
    buildChartEntry(bed, formatChartInstant(bed, from, 12 * 60), condition('active', {})),
    buildChartEntry(
      bed,
      formatChartInstant(bed, to, 12 * 60),
      condition('resolved', { abatementDateTime: formatChartDay(bed, to) }),
      2,
    ),
  ];
}

/** Mild headache and mild fever on the day of an infusion, gone by the next morning. */
export function buildAdverseEventEntries(bed: PatientChart, day: number): readonly ChartEntry[] {
  return (['headache', 'fever'] as const).map((what, i) => {
    const at = formatChartInstant(bed, day, 20 * 60 + 40 * i);
    return buildChartEntry(bed, at, {
      resourceType: 'AdverseEvent',
      id: formatRecordId(bed, what, 1),
      actuality: 'actual',
      event: buildConcept(bed.dialect.terms[what]),
      subject: buildChartReference(bed),
      date: at,
      seriousness: buildHl7Concept('adverse-event-seriousness', 'non-serious'),
      severity: buildHl7Concept('adverse-event-severity', 'mild'),
      outcome: buildHl7Concept('adverse-event-outcome', 'resolved'),
    });
  });
}
