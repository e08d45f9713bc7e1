import type { Analyte } from '../facts.ts';

const ANALYTE_NAMES: Readonly<Record<Analyte, string>> = {
  wbc: 'leukocytes',
  anc: 'neutrophils',
  hemoglobin: 'haemoglobin',
  platelets: 'platelets',
  reticulocytes: 'reticulocytes',
};

const COUNT_NAMES: Readonly<Record<Analyte, string>> = {
  wbc: 'leukocyte count',
  anc: 'neutrophil count',
  hemoglobin: 'haemoglobin',
  platelets: 'platelet count',
  reticulocytes: 'reticulocyte count',
};

/** Returns the analyte as a haematologist names it: `neutrophils`. */
export function getAnalyteName(analyte: Analyte): string {
  return ANALYTE_NAMES[analyte];
}

/** Returns the name of the result that a sender would have to send: `neutrophil count`. */
export function getCountName(analyte: Analyte): string {
  return COUNT_NAMES[analyte];
}

/** Returns the trial's unit of the analyte (UCUM). */
export function getAnalyteUnit(analyte: Analyte): string {
  return analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
}

const BLOOD_PRODUCT_NAMES = { 'red-cells': 'red cell', platelets: 'platelet', any: 'blood product' } as const;

/** Returns a blood product in words: `red cell`, `platelet`; `blood product` where the code does not name which. */
export function getBloodProductName(component: keyof typeof BLOOD_PRODUCT_NAMES): string {
  return BLOOD_PRODUCT_NAMES[component];
}
