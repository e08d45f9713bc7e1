import type { Source } from '../../trial/facts.ts';
import type { RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import {
  draftAdverseEvents,
  draftDispositions,
  draftExposures,
  draftMedicalHistory,
  draftMedications,
  draftProcedures,
} from './event-records.ts';
import { draftDeathDetails, draftLabs, draftResponses, draftVitalSigns } from './finding-records.ts';
import {
  buildSupplementalRecords,
  type DatasetRecord,
  numberRecords,
  type RecordDraft,
} from './record-drafts.ts';
import { SDTM_DATASETS } from './sdtm-datasets.ts';
import { draftDemographics, draftSubjectElements, draftSubjectVisits } from './special-purpose-records.ts';
import type { SubjectTimeline } from './subject-timeline.ts';

const SDTM_DRAFTERS: Readonly<Record<string, (timeline: SubjectTimeline) => readonly RecordDraft[]>> = {
  DM: draftDemographics,
  SE: draftSubjectElements,
  SV: draftSubjectVisits,
  EX: draftExposures,
  CM: draftMedications,
  PR: draftProcedures,
  AE: draftAdverseEvents,
  DS: draftDispositions,
  MH: draftMedicalHistory,
  LB: draftLabs,
  VS: draftVitalSigns,
  RS: draftResponses,
  DD: draftDeathDetails,
};

const DATASET_BY_NAME = new Map(SDTM_DATASETS.map((dataset) => [dataset.name, dataset]));

/** Builds one subject's records of an SDTM dataset about subjects, SUPP-- included, in the order of its keys. */
export function buildSubjectRecords(
  dataset: DatasetDefinition,
  timeline: SubjectTimeline,
): readonly DatasetRecord[] {
  if (dataset.supplementOf !== null) {
    const parent = DATASET_BY_NAME.get(dataset.supplementOf);
    return parent ? buildSupplementalRecords(dataset, parent, buildSubjectRecords(parent, timeline)) : [];
  }
  const draftRecords = SDTM_DRAFTERS[dataset.name];
  if (!draftRecords) throw new Error(`no function drafts the records of ${dataset.name}`);
  const identifiers = { STUDYID: timeline.study.id, USUBJID: timeline.usubjid };
  return numberRecords(dataset, identifiers, draftRecords(timeline));
}

/** Returns the cells of records in the order of the dataset's variables. A cell without a variable is our own mistake. */
export function toRecordValues(
  dataset: DatasetDefinition,
  records: readonly DatasetRecord[],
): readonly RecordValues[] {
  const names = new Set(dataset.variables.map(({ name }) => name));
  return records.map(({ cells }) => {
    const stray = Object.keys(cells).find((name) => !names.has(name) && name !== 'DOMAIN');
    if (stray !== undefined) throw new Error(`${dataset.name} has no variable ${stray}`);
    return dataset.variables.map(({ name }) => cells[name] ?? null);
  });
}

/** A record as it is written, with its address and its sources. */
export interface TracedRecord {
  readonly values: RecordValues;
  readonly address: string;
  readonly sources: readonly Source[];
}

/** Returns records as they are written, with their provenance. */
export function toTracedRecords(
  dataset: DatasetDefinition,
  records: readonly DatasetRecord[],
): readonly TracedRecord[] {
  return toRecordValues(dataset, records).map((values, i) => ({
    values,
    address: records[i]?.address ?? '',
    sources: records[i]?.sources ?? [],
  }));
}
