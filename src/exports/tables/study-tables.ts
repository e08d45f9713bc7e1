import type { Protocol } from '../../trial/protocol.ts';
import { assessmentsTable, deviationsTable, lineageResponsesTable } from './assessment-tables.ts';
import {
  adverseEventsTable,
  buildInfusionsTable,
  conditionsTable,
  labsTable,
  medicationsTable,
  transfusionsTable,
  transplantsTable,
  weightsTable,
} from './fact-tables.ts';
import { buildSubjectsTable } from './subjects-table.ts';
import type { StudyTable } from './table-definition.ts';

/** Builds the tables of a study as of a day: those of the contract (section 5), then tables of further facts. */
export function buildStudyTables(asOf: string, protocol: Protocol): readonly StudyTable[] {
  return [
    buildSubjectsTable(asOf, protocol),
    labsTable,
    buildInfusionsTable(protocol.dosing),
    transfusionsTable,
    medicationsTable,
    adverseEventsTable,
    assessmentsTable,
    lineageResponsesTable,
    deviationsTable,
    weightsTable,
    conditionsTable,
    transplantsTable,
  ];
}
