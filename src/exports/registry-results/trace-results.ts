import type { FileChunk, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import type { FigureTrace } from '../provenance-trace.ts';
import { buildCountMismatch } from './inconsistency.ts';
import { deriveParticipant } from './participant.ts';
import type { Gap } from './required-fields.ts';
import type { ResultCell } from './results-model.ts';

/** A figure of a model with its address. */
export interface AddressedCell {
  readonly at: string;
  readonly cell: ResultCell;
}

function isResultCell(value: object): value is ResultCell {
  return 'value' in value && 'counts' in value && 'from' in value;
}

/** Lists that only hold others: an address does not name them. */
const UNNAMED_HOLDERS = ['rows', 'values', 'entries', 'achieved', 'affected', 'stats'];

/** What a part of a list is called: by its group, title, term, category or reason, never by its place. */
function labelPart(one: unknown): string | null {
  if (typeof one !== 'object' || one === null) return null;
  const { group, id, title, term, category, other, type } = one as Readonly<Record<string, unknown>>;
  const word = group ?? id ?? title ?? term ?? category ?? other ?? type;
  return typeof word === 'string' && word !== '' ? word : null;
}

function listParts(value: object): readonly (readonly [name: string | null, part: unknown])[] {
  if (Array.isArray(value)) return value.map((one) => [labelPart(one), one]);
  const isHolder = (key: string, one: unknown) =>
    key === 'cell' || (UNNAMED_HOLDERS.includes(key) && Array.isArray(one));
  return Object.entries(value).map(([key, one]) => [isHolder(key, one) ? null : key, one]);
}

function collectCells(value: unknown, at: readonly string[]): readonly AddressedCell[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isResultCell(value)) return [{ at: at.join('/'), cell: value }];
  return listParts(value).flatMap(([name, part]) => collectCells(part, name === null ? at : [...at, name]));
}

/**
 * Every figure of a model with its address, such as `flow/periods/Follow-up for survival/started/FG000`, in document
 * order; where two would have one address, the later has `~2`.
 */
export function listCells(model: unknown): readonly AddressedCell[] {
  const taken = new Map<string, number>();
  return collectCells(model, []).map(({ at, cell }) => {
    const times = (taken.get(at) ?? 0) + 1;
    taken.set(at, times);
    return { at: times === 1 ? at : `${at}~${times}`, cell };
  });
}

/**
 * What stands behind the figures of a model: first the figures, then, in a walk of its own, which of them each subject is
 * behind, so that nobody's resources are kept. Refuses (`exports/inconsistent`) where the walk finds other numbers.
 */
export async function* traceResults(
  file: string,
  input: StudyInput,
  model: { readonly figures: object; readonly gaps: readonly Gap[] },
): AsyncIterable<FileChunk> {
  const cells = listCells(model.figures);
  const placeholders = model.gaps.map(({ element, key }) => ({ element, registry: key }));
  const figures = cells.map(({ at, cell }): FigureTrace => ({ at, value: cell.value, counts: cell.counts }));
  const first = placeholders.length > 0 ? [{ placeholders }] : [];
  yield { file, content: '', traces: [...first, ...figures] };
  const counted = new Map<string, number>();
  for await (const record of input.readSubjects()) {
    const participant = deriveParticipant(record, input);
    const behind = cells.flatMap(({ at, cell }) => {
      const resources = cell.from(participant);
      if (resources === null) return [];
      counted.set(at, (counted.get(at) ?? 0) + 1);
      return [[at, resources] as const];
    });
    const { subject } = participant;
    const traces = [buildSubjectTrace(record), { subject, behind: Object.fromEntries(behind) }];
    yield { file, content: '', traces };
  }
  const other = cells.find(({ at, cell }) => cell.subjects !== (counted.get(at) ?? 0));
  if (other) throw buildCountMismatch(other.at, other.cell.subjects, counted.get(other.at) ?? 0);
}
