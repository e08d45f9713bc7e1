import type { Source } from '../../trial/facts.ts';
import type { Values } from './check.ts';
import { type Draft, numbered, type Row, supplemental } from './draft.ts';
import {
  adverseEventDrafts,
  dispositionDrafts,
  exposureDrafts,
  historyDrafts,
  medicationDrafts,
  procedureDrafts,
} from './event-rows.ts';
import { deathDrafts, labDrafts, responseDrafts, vitalDrafts } from './finding-rows.ts';
import { SDTM_DATASETS } from './study-variables.ts';
import { demographicDrafts, elementDrafts, visitDrafts } from './subject-rows.ts';
import type { Timeline } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';

const DRAFTS: Readonly<Record<string, (timeline: Timeline) => readonly Draft[]>> = {
  DM: demographicDrafts,
  SE: elementDrafts,
  SV: visitDrafts,
  EX: exposureDrafts,
  CM: medicationDrafts,
  PR: procedureDrafts,
  AE: adverseEventDrafts,
  DS: dispositionDrafts,
  MH: historyDrafts,
  LB: labDrafts,
  VS: vitalDrafts,
  RS: responseDrafts,
  DD: deathDrafts,
};

const BY_NAME = new Map(SDTM_DATASETS.map((dataset) => [dataset.name, dataset]));

/** One subject's records of a dataset about subjects, in the order of its keys, with what goes to SUPP--. */
export function subjectRows(dataset: DatasetDefinition, timeline: Timeline): readonly Row[] {
  if (dataset.name.startsWith('SUPP')) {
    const parent = BY_NAME.get(dataset.domain);
    return parent ? supplemental(parent, subjectRows(parent, timeline)) : [];
  }
  const drafts = DRAFTS[dataset.name];
  if (!drafts) throw new Error(`nothing gives the records of ${dataset.name}`);
  const ids = { STUDYID: timeline.head.id, USUBJID: timeline.usubjid };
  return numbered(dataset, ids, drafts(timeline));
}

/** Records as they are written. A cell that has no variable is our own mistake. */
export function valuesOf(dataset: DatasetDefinition, rows: readonly Row[]): readonly Values[] {
  const names = new Set(dataset.variables.map(({ name }) => name));
  return rows.map(({ cells }) => {
    const stray = Object.keys(cells).find((name) => !names.has(name) && name !== 'DOMAIN');
    if (stray !== undefined) throw new Error(`${dataset.name} has no variable ${stray}`);
    return dataset.variables.map(({ name }) => cells[name] ?? null);
  });
}

/** A record as it is written, with its address and the sources that it was made of. */
export interface Written {
  readonly values: Values;
  readonly at: string;
  readonly from: readonly Source[];
}

/** Records as they are written, with what stands behind them. */
export function writtenOf(dataset: DatasetDefinition, rows: readonly Row[]): readonly Written[] {
  return valuesOf(dataset, rows).map((values, i) => ({
    values,
    at: rows[i]?.at ?? '',
    from: rows[i]?.from ?? [],
  }));
}
