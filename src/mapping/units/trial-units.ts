/** Everything that is measured, and the one unit (UCUM) in which the trial keeps it. */
export const TRIAL_UNITS = {
  wbc: '10*9/L',
  anc: '10*9/L',
  platelets: '10*9/L',
  reticulocytes: '10*9/L',
  hemoglobin: 'g/L',
  'leukocyte-share': '%',
  'body-weight': 'kg',
  'cell-dose-per-kg': '10*6.{cells}/kg',
  'cell-dose-total': '10*6.{cells}',
  'transfused-units': '{unit}',
} as const;

export type QuantityKind = keyof typeof TRIAL_UNITS;

/** The trial's unit for a kind of quantity, as a UCUM code. */
export const getTrialUnit = (kind: QuantityKind): string => TRIAL_UNITS[kind];
