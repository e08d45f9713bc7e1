/** Every quantity that the trial uses, with the unit (UCUM) in which it is stored. */
const TRIAL_UNITS = {
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

const isQuantityKind = (name: string): name is QuantityKind => Object.hasOwn(TRIAL_UNITS, name);

/** All kinds of quantity. */
export const QUANTITY_KINDS: readonly QuantityKind[] = Object.keys(TRIAL_UNITS).filter(isQuantityKind);

/** Returns the unit in which the trial stores a kind of quantity, as a UCUM code. */
export const getTrialUnit = (kind: QuantityKind): string => TRIAL_UNITS[kind];
