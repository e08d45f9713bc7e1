import { Failure } from '../../errors.ts';
import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { FileChunk, StudyInput, SubjectRecord } from '../export-format.ts';
import { buildCountMismatch } from '../lineage/count-mismatch.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { findResourceNamer } from '../lineage/resource-names.ts';
import {
  addressSubjectRows,
  type FigureTrace,
  type ProvenanceTrace,
  type RowTrace,
} from '../provenance-trace.ts';
import type { AddressParts, FigureEvidenceRule } from './evidence-rule.ts';
import { findEvidenceRule, hasSubjects } from './figure-evidence-rules.ts';
import { flattenFigures, type ReportLeaf } from './flatten-figures.ts';
import { deriveSubjectEvidence, type SubjectEvidence } from './subject-evidence.ts';
import { findFigureSet, findFigureShare } from './table-evidence.ts';

/** A figure with the rule that selects the subjects who contribute to it. */
interface ReportFigure extends FigureTrace {
  readonly rule: FigureEvidenceRule;
  readonly parts: AddressParts;
}

function buildReportFigure([at, value]: ReportLeaf, addresses: ReadonlySet<string>): ReportFigure {
  const found = findEvidenceRule(at);
  if (!found)
    throw new Failure(
      'exports/inconsistent',
      `${at}: no evidence rule selects the subjects who contribute to this figure`,
      {
        at,
        fix: 'Export with --no-trace. This is a fault of the adapter.',
      },
    );
  const { rule } = found;
  const set = rule.counts === 'figure' ? findFigureSet(at, addresses) : undefined;
  const parts = { ...found.parts, at, set, share: findFigureShare(at, addresses) };
  return { at, value: value === null ? 'NA' : String(value), counts: rule.counts, rule, parts };
}

/**
 * Lists the figures of a report that are derived from subjects. The best response and the course of each subject are not
 * among them: they are traced as rows. Refuses (`exports/inconsistent`) a figure that no evidence rule covers.
 */
export function listReportFigures({
  bestResponses: _bestResponses,
  tables: { courses: _courses, ...tables },
  ...report
}: StudyReport): readonly ReportFigure[] {
  const leaves = flattenFigures({ ...report, tables });
  const addresses = new Set(leaves.map(([at]) => at));
  return leaves.filter(([at]) => hasSubjects(at)).map((leaf) => buildReportFigure(leaf, addresses));
}

function buildBestResponseTrace(
  { subject, facts }: SubjectRecord,
  { figures, sources }: SubjectEvidence,
): readonly RowTrace[] {
  const { subject: _subject, ...values } = figures.best;
  const from = findResourceNamer(facts)([...sources.bestResponse, ...sources.severity]);
  const [row] = addressSubjectRows(subject.subject, [{ at: '', values: { ...values }, from }]);
  return row ? [{ ...row, at: `bestResponses/${row.at}` }] : [];
}

/** Builds the row of a subject's course: the days of its events; none before the first infusion. */
function buildCourseTrace(
  { subject, facts }: SubjectRecord,
  { figures: { times, dayZero }, sources }: SubjectEvidence,
): readonly RowTrace[] {
  if (times === null || dayZero === null) return [];
  const { infusions, bestResponse, laterEvents, followUpEnd } = sources;
  const from = findResourceNamer(facts)([...infusions, ...bestResponse, ...laterEvents, ...followUpEnd]);
  const [row] = addressSubjectRows(subject.subject, [{ at: '', values: { dayZero, ...times }, from }]);
  return row ? [{ ...row, at: `courses/${row.at}` }] : [];
}

/** Refuses (`exports/inconsistent`) a number of subjects that differs from the number of traced subjects. */
function refuseCountMismatch(figures: readonly ReportFigure[], traced: ReadonlyMap<string, number>): void {
  const mismatch = figures.find(
    ({ at, value, counts }) => counts === 'participants' && Number(value) !== (traced.get(at) ?? 0),
  );
  if (!mismatch) return;
  throw buildCountMismatch(mismatch.at, Number(mismatch.value), traced.get(mismatch.at) ?? 0);
}

/**
 * Traces a report: its figures, then, subject by subject, the figures to which the subject contributes, with resources.
 */
export async function* traceReport(file: string, input: StudyInput): AsyncIterable<FileChunk> {
  const figures = listReportFigures(input.report);
  const toChunk = (traces: readonly ProvenanceTrace[]): FileChunk => ({ file, content: '', traces });
  yield toChunk(figures.map(({ at, value, counts }) => ({ at, value, counts })));
  const traced = new Map<string, number>();
  for await (const record of input.readSubjects()) {
    const evidence = deriveSubjectEvidence(record, input);
    const nameResources = findResourceNamer(record.facts);
    const behind = figures.flatMap(({ at, rule, parts }) => {
      const sources = rule.selectSources(evidence, parts);
      if (sources === null) return [];
      traced.set(at, (traced.get(at) ?? 0) + 1);
      return [[at, nameResources(sources)] as const];
    });
    const { subject } = record.subject;
    yield toChunk([
      buildSubjectTrace(record),
      ...buildBestResponseTrace(record, evidence),
      ...buildCourseTrace(record, evidence),
      { subject, behind: Object.fromEntries(behind) },
    ]);
  }
  refuseCountMismatch(figures, traced);
}
