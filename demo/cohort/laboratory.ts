import { type Bedside, type Entry, entryOf, idOf, instant, subjectOf } from './bedside.ts';
import type { Analyte, Count } from './counts.ts';
import { concept, decimal, hl7, LOINC, type Resource, UCUM } from './wire.ts';

const ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];
const WEIGHT = concept({ system: LOINC, code: '29463-7', display: 'Body weight' });
const PANEL = concept({ system: LOINC, code: '58410-2', display: 'CBC panel - Blood by Automated count' });

/** Which version of a laboratory's record, and what it calls itself. */
export interface Issue {
  readonly version: number;
  readonly status: 'final' | 'corrected' | 'entered-in-error';
}

const FIRST: Issue = { version: 1, status: 'final' };

/** One blood count as the hospital's laboratory reports it: five results, one panel, or one report. */
export function countEntries(bed: Bedside, count: Count, n: number): readonly Entry[] {
  if (bed.dialect.laboratory !== 'singles') return [plateletsEntry(bed, count, n)];
  const at = instant(bed, count.day, count.minutes);
  return ANALYTES.map((analyte) => entryOf(bed, at, single(bed, analyte, count, n)));
}

/** The record that holds the platelets of a count, in this issue: the single result, or the panel or report. */
export function plateletsEntry(bed: Bedside, count: Count, n: number, issue: Issue = FIRST): Entry {
  const write = { singles: platelets, panel, report }[bed.dialect.laboratory];
  const at = instant(bed, count.day, count.minutes);
  return entryOf(bed, at, write(bed, count, n, issue), issue.version);
}

function platelets(bed: Bedside, count: Count, n: number, issue: Issue): Resource {
  return single(bed, 'platelets', count, n, issue);
}

const LABORATORY = { category: [hl7('observation-category', 'laboratory')] };

/** One analyte's result as an Observation of its own. */
export function single(
  bed: Bedside,
  analyte: Analyte,
  count: Count,
  n: number,
  issue: Issue = FIRST,
): Resource {
  return {
    resourceType: 'Observation',
    id: idOf(bed, analyte, n),
    status: issue.status,
    ...LABORATORY,
    code: concept(bed.dialect.labs[analyte].code),
    subject: subjectOf(bed),
    effectiveDateTime: instant(bed, count.day, count.minutes),
    ...quantityOf(bed, analyte, count[analyte]),
  };
}

/** The value in the hospital's unit, with its digits. */
export function quantityOf(
  bed: Bedside,
  analyte: Analyte,
  value: number,
): { readonly valueQuantity: unknown } {
  const { unit, unitCode, digits } = bed.dialect.labs[analyte];
  const coded = unitCode === null ? {} : { system: UCUM, code: unitCode };
  return { valueQuantity: { value: decimal(digits(value)), unit, ...coded } };
}

function panel(bed: Bedside, count: Count, n: number, issue: Issue): Resource {
  return {
    resourceType: 'Observation',
    id: idOf(bed, 'cbc', n),
    status: issue.status,
    ...LABORATORY,
    code: PANEL,
    subject: subjectOf(bed),
    effectiveDateTime: instant(bed, count.day, count.minutes),
    component: ANALYTES.map((analyte) => ({
      code: concept(bed.dialect.labs[analyte].code),
      ...quantityOf(bed, analyte, count[analyte]),
    })),
  };
}

function report(bed: Bedside, count: Count, n: number, issue: Issue): Resource {
  return {
    resourceType: 'DiagnosticReport',
    id: idOf(bed, 'report', n),
    contained: ANALYTES.map((analyte) => ({
      resourceType: 'Observation',
      id: analyte,
      status: issue.status,
      code: concept(bed.dialect.labs[analyte].code),
      ...quantityOf(bed, analyte, count[analyte]),
    })),
    status: issue.status,
    category: [hl7('v2-0074', 'HM')],
    code: PANEL,
    subject: subjectOf(bed),
    effectiveDateTime: instant(bed, count.day, count.minutes),
    result: ANALYTES.map((analyte) => ({ reference: `#${analyte}` })),
  };
}

/** Body weight before an infusion. */
export function weightEntry(bed: Bedside, day: number, n: number): Entry {
  const at = instant(bed, day, 16 * 60);
  return entryOf(bed, at, {
    resourceType: 'Observation',
    id: idOf(bed, 'weight', n),
    status: 'final',
    category: [hl7('observation-category', 'vital-signs')],
    code: WEIGHT,
    subject: subjectOf(bed),
    effectiveDateTime: at,
    valueQuantity: {
      value: decimal((bed.course.weight / 10).toFixed(1)),
      unit: 'kg',
      system: UCUM,
      code: 'kg',
    },
  });
}
