import { type Bedside, calendarDay, type Entry, entryOf, idOf, instant, subjectOf } from './bedside.ts';
import type { Infusion } from './treatment.ts';
import { concept, decimal, hl7, type Resource, STUDY_BASE, UCUM } from './wire.ts';

const CELL_DOSE = `${STUDY_BASE}/StructureDefinition/cell-dose`;
const INFUSED_AT = 10 * 60 + 30;

/** An infusion of the study's cells, with whatever the hospital records about it. */
export function infusionEntries(bed: Bedside, infusion: Infusion, n: number): readonly Entry[] {
  const at = instant(bed, infusion.day, INFUSED_AT);
  if (bed.dialect.infusion === 'procedure') return procedureWithProduct(bed, at, infusion, n);
  const given = infusion.dose !== null;
  return [
    entryOf(bed, at, {
      resourceType: 'MedicationAdministration',
      id: idOf(bed, 'msc', n),
      status: given ? 'completed' : 'not-done',
      medicationCodeableConcept: concept(bed.dialect.words.mscProduct),
      subject: subjectOf(bed),
      effectiveDateTime: at,
      ...(infusion.dose === null ? {} : { dosage: { dose: doseOf(bed, infusion.dose) } }),
    }),
  ];
}

/** Per kg body weight, or all cells together. `dose` is in 10*4 cells per kg, weight in hundreds of grams. */
function doseOf(bed: Bedside, dose: number): unknown {
  if (bed.dialect.infusion === 'total-cells') {
    const millions = ((dose * bed.course.weight) / 1000).toFixed(1);
    return { value: decimal(millions), unit: '10*6 cells', system: UCUM, code: '10*6.{cells}' };
  }
  const value = decimal((dose / 100).toFixed(2));
  return { value, unit: 'x10^6 cells/kg', system: UCUM, code: '10*6.{cells}/kg' };
}

/** R4 has no place for a dose in a Procedure: the hospital uses the adapter's extension. */
function procedureWithProduct(bed: Bedside, at: string, infusion: Infusion, n: number): readonly Entry[] {
  const product = {
    resourceType: 'BiologicallyDerivedProduct',
    id: idOf(bed, 'product', n),
    productCategory: 'cells',
    productCode: concept(bed.dialect.words.mscProduct),
  };
  const procedure = {
    resourceType: 'Procedure',
    id: idOf(bed, 'infusion', n),
    ...(infusion.dose === null
      ? {}
      : { extension: [{ url: CELL_DOSE, valueQuantity: doseOf(bed, infusion.dose) }] }),
    status: infusion.dose === null ? 'not-done' : 'completed',
    subject: subjectOf(bed),
    performedDateTime: at,
    usedReference: [{ reference: `BiologicallyDerivedProduct/${product.id}` }],
  };
  return [entryOf(bed, at, product), entryOf(bed, at, procedure)];
}

export function transfusionEntry(
  bed: Bedside,
  what: 'redCells' | 'platelets',
  day: number,
  n: number,
): Entry {
  const at = instant(bed, day, what === 'redCells' ? 14 * 60 : 15 * 60);
  const id = idOf(bed, what === 'redCells' ? 'rbc' : 'plt-tx', n);
  const code = concept(bed.dialect.words[what]);
  const common = { id, status: 'completed', subject: subjectOf(bed) };
  const resource: Resource =
    bed.dialect.transfusion === 'procedure'
      ? { resourceType: 'Procedure', ...common, code, performedDateTime: at }
      : {
          resourceType: 'MedicationAdministration',
          ...common,
          medicationCodeableConcept: code,
          effectiveDateTime: at,
        };
  return entryOf(bed, at, resource);
}

export function medicationEntry(bed: Bedside, what: 'filgrastim' | 'atg', day: number, n: number): Entry {
  const at = instant(bed, day, 18 * 60);
  return entryOf(bed, at, {
    resourceType: 'MedicationAdministration',
    id: idOf(bed, what, n),
    status: 'completed',
    medicationCodeableConcept: concept(bed.dialect.words[what]),
    subject: subjectOf(bed),
    effectiveDateTime: at,
  });
}

export function aplasticAnaemiaEntry(bed: Bedside): Entry {
  const day = bed.course.diagnosedDay;
  return entryOf(bed, instant(bed, day, 11 * 60), {
    resourceType: 'Condition',
    id: idOf(bed, 'diagnosis', 1),
    clinicalStatus: hl7('condition-clinical', 'active'),
    verificationStatus: hl7('condition-ver-status', 'confirmed'),
    code: concept(bed.dialect.words.aplasticAnaemia),
    subject: subjectOf(bed),
    onsetDateTime: calendarDay(bed, day),
  });
}

/** The infection when it is found, and again when it is over. */
export function infectionEntries(bed: Bedside, from: number, to: number): readonly Entry[] {
  const condition = (status: string, more: object) => ({
    resourceType: 'Condition',
    id: idOf(bed, 'infection', 1),
    clinicalStatus: hl7('condition-clinical', status),
    verificationStatus: hl7('condition-ver-status', 'confirmed'),
    code: concept(bed.dialect.words.infection),
    subject: subjectOf(bed),
    onsetDateTime: calendarDay(bed, from),
    ...more,
  });
  return [
    entryOf(bed, instant(bed, from, 12 * 60), condition('active', {})),
    entryOf(
      bed,
      instant(bed, to, 12 * 60),
      condition('resolved', { abatementDateTime: calendarDay(bed, to) }),
      2,
    ),
  ];
}

/** Mild headache and mild fever on the day of an infusion, gone by the next morning. */
export function adverseEventEntries(bed: Bedside, day: number): readonly Entry[] {
  return (['headache', 'fever'] as const).map((what, i) => {
    const at = instant(bed, day, 20 * 60 + 40 * i);
    return entryOf(bed, at, {
      resourceType: 'AdverseEvent',
      id: idOf(bed, what, 1),
      actuality: 'actual',
      event: concept(bed.dialect.words[what]),
      subject: subjectOf(bed),
      date: at,
      seriousness: hl7('adverse-event-seriousness', 'non-serious'),
      severity: hl7('adverse-event-severity', 'mild'),
      outcome: hl7('adverse-event-outcome', 'resolved'),
    });
  });
}
