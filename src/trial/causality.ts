/** Relations of an adverse event to a suspected cause, closest first. */
export const CAUSALITIES = [
  'related',
  'probable',
  'possible',
  'unlikely',
  'not-related',
  'unassessable',
] as const;

export type Causality = (typeof CAUSALITIES)[number];
