import type { Protocol } from '../protocol.ts';
import { type BaselineTable, buildBaselineTable } from './baseline/baseline-table.ts';
import { buildExposureTable, type ExposureTable } from './baseline/exposure-table.ts';
import { buildTransfusionTable, type TransfusionTable } from './baseline/transfusion-table.ts';
import { listSubjectCourses, type SubjectCourse } from './courses/subject-courses.ts';
import { type AnalysisSets, buildAnalysisSets } from './populations/analysis-sets.ts';
import { buildResponseAtVisits, type ResponseAtVisits } from './response/response-at-visits.ts';
import { buildSensitivityTable, type SensitivityTable } from './response/sensitivity.ts';
import { buildSubgroupTable, type SubgroupTable } from './response/subgroups.ts';
import { buildTwoStageTable, type TwoStageTable } from './response/two-stage.ts';
import { buildEventTable, type EventTable } from './safety/event-table.ts';
import type { SubjectFigures } from './subject-figures.ts';
import { buildDurationTables, type DurationTables } from './time-to-event/durations.ts';
import { buildLandmarkTables, type LandmarkTables } from './time-to-event/landmarks.ts';
import { buildResponseIncidence, type ResponseIncidence } from './time-to-event/response-incidence.ts';

/**
 * The tables of the report, each with its method and population. Figures have ten digits.
 *
 * Names decide what a number is, for the tables here and for the traces behind them. `count`, `of`, `n` and the members of
 * `counts` are numbers of subjects, in which each subject is 0 or 1; the members of `events` are sums over subjects; every
 * other number is computed from the subjects of the nearest `of` or `n`. So the table of one subject alone shows to which
 * figures they contribute.
 */
export interface ReportTables {
  readonly analysisSets: AnalysisSets;
  readonly responseAtVisits: ResponseAtVisits;
  readonly sensitivity: SensitivityTable;
  readonly durations: DurationTables;
  readonly responseIncidence: ResponseIncidence;
  readonly landmarks: LandmarkTables;
  readonly subgroups: SubgroupTable;
  readonly baseline: BaselineTable;
  readonly exposure: ExposureTable;
  readonly adverseEvents: EventTable;
  readonly transfusions: TransfusionTable;
  readonly twoStage: TwoStageTable | null;
  readonly courses: readonly SubjectCourse[];
}

/** Builds all tables from the figures of the subjects, in order of their numbers. */
export function buildReportTables(subjects: readonly SubjectFigures[], protocol: Protocol): ReportTables {
  return {
    analysisSets: buildAnalysisSets(subjects, protocol),
    responseAtVisits: buildResponseAtVisits(subjects, protocol),
    sensitivity: buildSensitivityTable(subjects, protocol),
    durations: buildDurationTables(subjects, protocol),
    responseIncidence: buildResponseIncidence(subjects, protocol),
    landmarks: buildLandmarkTables(subjects, protocol),
    subgroups: buildSubgroupTable(subjects, protocol),
    baseline: buildBaselineTable(subjects, protocol),
    exposure: buildExposureTable(subjects, protocol),
    adverseEvents: buildEventTable(subjects, protocol),
    transfusions: buildTransfusionTable(subjects, protocol),
    twoStage: buildTwoStageTable(subjects, protocol),
    courses: listSubjectCourses(subjects),
  };
}
