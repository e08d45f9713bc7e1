import type { ExportFormat, FileChunk, StudyInput } from '../../src/exports/export-format.ts';
import {
  type ContributionTrace,
  type FigureTrace,
  isContributionTrace,
  isFigureTrace,
  isRowTrace,
  type PlaceholderTrace,
  type RowTrace,
} from '../../src/exports/provenance-trace.ts';

/** A figure with its evidence: the resources by subject. */
export interface TracedFigure extends FigureTrace {
  readonly resourcesBySubject: ReadonlyMap<string, readonly string[]>;
}

/** One file of an export, with its traces. */
export interface TracedFile {
  readonly file: string;
  readonly content: Buffer;
  readonly rows: readonly RowTrace[];
  readonly figures: readonly TracedFigure[];
  readonly placeholders: PlaceholderTrace['placeholders'];
}

/** The files that a format writes, each with its traces put together. */
export async function collectTracedFiles(
  format: ExportFormat,
  input: StudyInput,
): Promise<readonly TracedFile[]> {
  const names = new Set<string>();
  const pieces: FileChunk[] = [];
  for await (const piece of format.write(input)) {
    names.add(piece.file);
    pieces.push(piece);
  }
  return [...names].map((file) => {
    const own = pieces.filter((piece) => piece.file === file);
    const traces = own.flatMap((piece) => piece.traces ?? []);
    return {
      file,
      content: Buffer.concat(own.map(({ content }) => Buffer.from(content))),
      rows: traces.filter(isRowTrace),
      figures: attachSubjects(traces.filter(isFigureTrace), traces.filter(isContributionTrace)),
      placeholders: traces.flatMap((trace) => ('placeholders' in trace ? trace.placeholders : [])),
    };
  });
}

function attachSubjects(
  figures: readonly FigureTrace[],
  all: readonly ContributionTrace[],
): readonly TracedFigure[] {
  const found = new Map(figures.map((figure) => [figure.at, new Map<string, readonly string[]>()]));
  for (const { subject, behind } of all)
    for (const [at, resources] of Object.entries(behind)) {
      const from = found.get(at);
      if (!from) throw new Error(`${subject} is evidence for ${at}, which is not a figure of the file`);
      from.set(subject, resources);
    }
  return figures.map((figure) => ({ ...figure, resourcesBySubject: found.get(figure.at) ?? new Map() }));
}
