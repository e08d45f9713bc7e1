/** Saves the first decision of a site in the data folder that is named. */
import { draftDecision } from '../../src/library/decision-files.ts';

draftDecision(String(process.argv[2]), {
  site: 'site-t',
  item: '1',
  kind: 'unit',
  vocabulary: 'platelets',
  system: '',
  code: 'G/l',
  display: null,
  target: '10*9/L',
  product: [],
  by: 'A. Person',
  at: '2026-06-01T08:00:00Z',
  why: null,
  signed: null,
}).save();
