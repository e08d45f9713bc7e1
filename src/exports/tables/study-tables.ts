import { adverseEvents, infusions, labs, medications, transfusions } from './clinical-tables.ts';
import { assessments, deviations, lineageResponses, subjects } from './judgement-tables.ts';
import type { Table } from './table.ts';

/** The tables of a study as of a day (contract, section 5). */
export function studyTables(asOf: string): readonly Table[] {
  return [
    subjects(asOf),
    labs,
    infusions,
    transfusions,
    medications,
    adverseEvents,
    assessments,
    lineageResponses,
    deviations,
  ];
}
