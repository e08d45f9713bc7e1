import type { Protocol } from '../../trial/protocol.ts';
import {
  adverseEvents,
  conditions,
  infusions,
  labs,
  medications,
  transfusions,
  transplants,
  weights,
} from './clinical-tables.ts';
import { assessments, deviations, lineageResponses, subjects } from './judgement-tables.ts';
import type { Table } from './table.ts';

/** The tables of a study as of a day: those of the contract (section 5), then what else was stated of the subjects. */
export function studyTables(asOf: string, { dosing }: Protocol): readonly Table[] {
  return [
    subjects(asOf),
    labs,
    infusions(dosing),
    transfusions,
    medications,
    adverseEvents,
    assessments,
    lineageResponses,
    deviations,
    weights,
    conditions,
    transplants,
  ];
}
