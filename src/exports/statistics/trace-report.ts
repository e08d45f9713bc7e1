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
import {
  type AddressParts,
  type FigureEvidenceRule,
  findEvidenceRule,
  hasSubjects,
} from './figure-evidence-rules.ts';
import { deriveSubjectEvidence, type SubjectEvidence } from './subject-evidence.ts';

type ReportLeaf = readonly [at: string, value: number | boolean | null];

/** Labels a list item in an address: by its term or name; the two limits of an interval are `low` and `high`. */
function labelListItem(item: unknown, index: number, list: readonly unknown[]): string {
  if (typeof item === 'object' && item !== null) {
    for (const key of ['term', 'name']) {
      const label = (item as Readonly<Record<string, unknown>>)[key];
      if (typeof label === 'string') return label;
    }
  }
  return list.length === 2 ? (['low', 'high'][index] ?? '') : String(index + 1);
}

/** Lists every number of the report by its address; null: the report has no value there. Texts are not figures. */
function flattenReport(value: unknown, at = ''): readonly ReportLeaf[] {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return [[at, value]];
  if (typeof value !== 'object') return [];
  const members = Array.isArray(value)
    ? value.map((item, i) => [labelListItem(item, i, value), item] as const)
    : Object.entries(value as object);
  return members.flatMap(([key, member]) => flattenReport(member, at === '' ? key : `${at}/${key}`));
}

/** A figure with the rule that selects the subjects who contribute to it. */
interface ReportFigure extends FigureTrace {
  readonly rule: FigureEvidenceRule;
  readonly parts: AddressParts;
}

function buildReportFigure(at: string, value: ReportLeaf[1]): ReportFigure {
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
  return { at, value: value === null ? 'NA' : String(value), counts: found.rule.counts, ...found };
}

/**
 * Lists the figures of a report that are derived from subjects. The best response of each subject is not among them: it
 * is traced as a row. Refuses (`exports/inconsistent`) a figure that no evidence rule covers.
 */
export function listReportFigures({
  bestResponses: _bestResponses,
  ...report
}: StudyReport): readonly ReportFigure[] {
  return flattenReport(report)
    .filter(([at]) => hasSubjects(at))
    .map(([at, value]) => buildReportFigure(at, value));
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
      { subject, behind: Object.fromEntries(behind) },
    ]);
  }
  refuseCountMismatch(figures, traced);
}
