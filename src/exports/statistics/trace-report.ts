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
  deriveSubjectEvidence,
  FIGURE_EVIDENCE_RULES,
  type FigureEvidenceRule,
  type SubjectEvidence,
} from './subject-evidence.ts';

type ReportLeaf = readonly [at: string, value: number | boolean | null];

/** What parts of lists are called in an address: by name or term; limits are low and high. */
function labelListItem(one: unknown, place: number, of: readonly unknown[]): string {
  if (typeof one === 'object' && one !== null) {
    for (const key of ['term', 'name']) {
      const value = (one as Readonly<Record<string, unknown>>)[key];
      if (typeof value === 'string') return value;
    }
  }
  return of.length === 2 ? (['low', 'high'][place] ?? '') : String(place + 1);
}

/** Every number of the report by its address; null: it has none. Texts are no figures, and the subjects' rows stand apart. */
function flattenReport(value: unknown, at = ''): readonly ReportLeaf[] {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return [[at, value]];
  if (typeof value !== 'object') return [];
  const parts = Array.isArray(value)
    ? value.map((one, i) => [labelListItem(one, i, value), one] as const)
    : Object.entries(value as object);
  return parts.flatMap(([key, one]) => flattenReport(one, at === '' ? key : `${at}/${key}`));
}

/** A figure, and who stands behind it. */
interface ReportFigure extends FigureTrace {
  readonly rule: FigureEvidenceRule;
  readonly match: readonly string[];
}

/** Numbers that are not computed of subjects: the months at which survival is read, and the work that waits for a person. */
const FIGURES_WITHOUT_SUBJECTS = /^(survival\/months$|openWork\/)/;

/** The figures of a report that are computed of subjects. */
export function listReportFigures({ bestResponses: _rows, ...report }: StudyReport): readonly ReportFigure[] {
  return flattenReport(report)
    .filter(([at]) => !FIGURES_WITHOUT_SUBJECTS.test(at))
    .flatMap(([at, value]) => {
      const rule = FIGURE_EVIDENCE_RULES.find(({ pattern: of }) => of.test(at));
      if (!rule) return [];
      return [
        {
          at,
          value: value === null ? 'NA' : String(value),
          counts: rule.counts,
          rule,
          match: rule.pattern.exec(at) ?? [],
        },
      ];
    });
}

function buildBestResponseTrace(
  { subject, facts }: SubjectRecord,
  { figures, sources }: SubjectEvidence,
): readonly RowTrace[] {
  const { subject: _number, ...values } = figures.best;
  const from = findResourceNamer(facts)([...sources.bestResponse, ...sources.severity]);
  const [row] = addressSubjectRows(subject.subject, [{ at: '', values: { ...values }, from }]);
  return row ? [{ ...row, at: `bestResponses/${row.at}` }] : [];
}

/** Refuses (`exports/inconsistent`) a number of subjects that are not those found behind it. */
function refuseCountMismatch(figures: readonly ReportFigure[], found: ReadonlyMap<string, number>): void {
  const wrong = figures.find(
    ({ at, value, counts }) => counts === 'participants' && Number(value) !== (found.get(at) ?? 0),
  );
  if (!wrong) return;
  throw buildCountMismatch(wrong.at, Number(wrong.value), found.get(wrong.at) ?? 0);
}

/** The figures of the report, then subject by subject which of them he is behind, and by what. */
export async function* traceReport(file: string, input: StudyInput): AsyncIterable<FileChunk> {
  const figures = listReportFigures(input.report);
  const piece = (traces: readonly ProvenanceTrace[]): FileChunk => ({ file, content: '', traces });
  yield piece(figures.map(({ at, value, counts }) => ({ at, value, counts })));
  const found = new Map<string, number>();
  for await (const record of input.readSubjects()) {
    const witness = deriveSubjectEvidence(record, input);
    const names = findResourceNamer(record.facts);
    const behind = figures.flatMap(({ at, rule, match: parts }) => {
      const sources = rule.selectSources(witness, parts);
      if (sources === null) return [];
      found.set(at, (found.get(at) ?? 0) + 1);
      return [[at, names(sources)] as const];
    });
    const { subject } = record.subject;
    yield piece([
      buildSubjectTrace(record),
      ...buildBestResponseTrace(record, witness),
      { subject, behind: Object.fromEntries(behind) },
    ]);
  }
  refuseCountMismatch(figures, found);
}
