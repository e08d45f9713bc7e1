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

/** One subject's records of a dataset about subjects, in the order of its keys, with what goes to SUPP--. */
export function buildSubjectRecords(
  dataset: DatasetDefinition,
  timeline: SubjectTimeline,
): readonly DatasetRecord[] {
  if (dataset.supplementOf !== null) {
    const parent = DATASET_BY_NAME.get(dataset.supplementOf);
    return parent ? buildSupplementalRecords(dataset, parent, buildSubjectRecords(parent, timeline)) : [];
  }
  const drafts = SDTM_DRAFTERS[dataset.name];
  if (!drafts) throw new Error(`nothing gives the records of ${dataset.name}`);
  const ids = { STUDYID: timeline.study.id, USUBJID: timeline.usubjid };
  return numberRecords(dataset, ids, drafts(timeline));
}

/** Records as they are written. A cell that has no variable is our own mistake. */
export function toRecordValues(
  dataset: DatasetDefinition,
  rows: readonly DatasetRecord[],
): readonly RecordValues[] {
  const names = new Set(dataset.variables.map(({ name }) => name));
  return rows.map(({ cells }) => {
    const stray = Object.keys(cells).find((name) => !names.has(name) && name !== 'DOMAIN');
    if (stray !== undefined) throw new Error(`${dataset.name} has no variable ${stray}`);
    return dataset.variables.map(({ name }) => cells[name] ?? null);
  });
}

/** A record as it is written, with its address and the sources that it was made of. */
export interface TracedRecord {
  readonly values: RecordValues;
  readonly address: string;
  readonly sources: readonly Source[];
}

/** Records as they are written, with what stands behind them. */
export function toTracedRecords(
  dataset: DatasetDefinition,
  rows: readonly DatasetRecord[],
): readonly TracedRecord[] {
  return toRecordValues(dataset, rows).map((values, i) => ({
    values,
    address: rows[i]?.address ?? '',
    sources: rows[i]?.sources ?? [],
  }));
}
