import type { FileChunk, StudyInput } from '../export-format.ts';
import { buildCountMismatch } from '../lineage/count-mismatch.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import type { FigureTrace } from '../provenance-trace.ts';
import { deriveParticipant } from './participant.ts';
import type { Gap } from './required-fields.ts';
import type { ResultCell } from './results-model.ts';

/** A figure of a model with its address. */
interface AddressedCell {
  readonly at: string;
  readonly cell: ResultCell;
}

/** The part of the results that a file shows, and the gaps that a draft fills with placeholders. */
export interface TracedModel {
  readonly figures: object;
  readonly gaps: readonly Gap[];
}

function isResultCell(value: object): value is ResultCell {
  return 'value' in value && 'counts' in value && 'from' in value;
}

/** Properties whose lists only group other parts: an address leaves their names out. */
const UNNAMED_HOLDERS = ['rows', 'values', 'entries', 'achieved', 'affected', 'stats'];

/** Labels a list item by its group, title, term, category or reason, never by its position. */
function labelPart(part: unknown): string | null {
  if (typeof part !== 'object' || part === null) return null;
  const { group, id, title, term, category, other, type } = part as Readonly<Record<string, unknown>>;
  const label = group ?? id ?? title ?? term ?? category ?? other ?? type;
  return typeof label === 'string' && label !== '' ? label : null;
}

function listParts(value: object): readonly (readonly [label: string | null, part: unknown])[] {
  if (Array.isArray(value)) return value.map((part) => [labelPart(part), part]);
  const isUnnamed = (key: string, part: unknown) =>
    key === 'cell' || (UNNAMED_HOLDERS.includes(key) && Array.isArray(part));
  return Object.entries(value).map(([key, part]) => [isUnnamed(key, part) ? null : key, part]);
}

function collectCells(value: unknown, path: readonly string[]): readonly AddressedCell[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isResultCell(value)) return [{ at: path.join('/'), cell: value }];
  return listParts(value).flatMap(([label, part]) =>
    collectCells(part, label === null ? path : [...path, label]),
  );
}

/**
 * Lists every figure of a model with its address, such as `flow/periods/Follow-up for survival/started/FG000`, in
 * document order. Where two figures would have the same address, the later one ends in `~2`.
 */
export function listCells(model: unknown): readonly AddressedCell[] {
  const timesUsed = new Map<string, number>();
  return collectCells(model, []).map(({ at, cell }) => {
    const times = (timesUsed.get(at) ?? 0) + 1;
    timesUsed.set(at, times);
    return { at: times === 1 ? at : `${at}~${times}`, cell };
  });
}

/**
 * Traces the figures of a model: first the figures; then, subject by subject in a second pass, the figures to which the
 * subject contributes, so that no subject's resources are kept in memory. Refuses (`exports/inconsistent`) if the
 * second pass finds other numbers than the first.
 */
async function* traceResults(file: string, input: StudyInput, model: TracedModel): AsyncIterable<FileChunk> {
  const cells = listCells(model.figures);
  const placeholders = model.gaps.map(({ element, key }) => ({ element, registry: key }));
  const figures = cells.map(({ at, cell }): FigureTrace => ({ at, value: cell.value, counts: cell.counts }));
  const head = placeholders.length > 0 ? [{ placeholders }] : [];
  yield { file, content: '', traces: [...head, ...figures] };
  const traced = new Map<string, number>();
  for await (const record of input.readSubjects()) {
    const participant = deriveParticipant(record, input);
    const behind = cells.flatMap(({ at, cell }) => {
      const resources = cell.from(participant);
      if (resources === null) return [];
      traced.set(at, (traced.get(at) ?? 0) + 1);
      return [[at, resources] as const];
    });
    const { subject } = participant;
    const traces = [buildSubjectTrace(record), { subject, behind: Object.fromEntries(behind) }];
    yield { file, content: '', traces };
  }
  const mismatch = cells.find(({ at, cell }) => cell.subjects !== (traced.get(at) ?? 0));
  if (mismatch) throw buildCountMismatch(mismatch.at, mismatch.cell.subjects, traced.get(mismatch.at) ?? 0);
}

/** Writes a file, then, unless the export leaves traces out, the traces of its figures. */
export async function* writeWithTraces(
  file: string,
  content: string,
  input: StudyInput,
  model: TracedModel,
): AsyncIterable<FileChunk> {
  yield { file, content };
  if (!input.withoutTraces) yield* traceResults(file, input, model);
}
