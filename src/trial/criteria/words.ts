import type { Analyte } from '../facts.ts';

const NAMES: Readonly<Record<Analyte, string>> = {
  wbc: 'leukocytes',
  anc: 'neutrophils',
  hemoglobin: 'haemoglobin',
  platelets: 'platelets',
  reticulocytes: 'reticulocytes',
};

const COUNTS: Readonly<Record<Analyte, string>> = {
  wbc: 'leukocyte count',
  anc: 'neutrophil count',
  hemoglobin: 'haemoglobin',
  platelets: 'platelet count',
  reticulocytes: 'reticulocyte count',
};

/** The analyte as a haematologist says it: `neutrophils`. */
export function nameOf(analyte: Analyte): string {
  return NAMES[analyte];
}

/** What a reader would have to send: `neutrophil count`. */
export function countName(analyte: Analyte): string {
  return COUNTS[analyte];
}

/** The unit in which the trial holds the analyte (UCUM). */
export function unitOf(analyte: Analyte): string {
  return analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
}

const COMPONENTS = { 'red-cells': 'red cell', platelets: 'platelet', any: 'blood product' } as const;

/** A blood product in words: `red cell`, `platelet`; `blood product` where the code does not say which. */
export function componentName(component: keyof typeof COMPONENTS): string {
  return COMPONENTS[component];
}
