import type { StudyInput } from '../format.ts';
import type { Cell } from './model.ts';
import type { Gap } from './wanted.ts';

/** What a reader of the sidecar finds under a cell's path. */
interface TracedCell {
  readonly path: string;
  readonly cell: Cell;
}

function isCell(value: object): value is Cell {
  return 'value' in value && 'counts' in value && 'from' in value;
}

/** Every figure of a model with its path, such as `flow.periods[0].started.achieved[0].cell`, in document order. */
export function cellsIn(value: unknown, path = ''): readonly TracedCell[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isCell(value)) return [{ path, cell: value }];
  if (Array.isArray(value)) return value.flatMap((one, i) => cellsIn(one, `${path}[${i}]`));
  return Object.entries(value).flatMap(([key, one]) => cellsIn(one, path === '' ? key : `${path}.${key}`));
}

function tracedLine({ path, cell }: TracedCell): string {
  const { value, counts, from } = cell;
  const subjects = from.map(({ subject }) => subject);
  const resources = Object.fromEntries(
    from.filter((one) => one.resources.length > 0).map((one) => [one.subject, one.resources]),
  );
  return `    ${JSON.stringify(path)}: ${JSON.stringify({ value, counts, subjects, resources })}`;
}

/**
 * The sidecar of an export, piece by piece: for each figure the subjects behind it by number, and by subject the
 * resources (site, type, id, version) that say so. A subject without resources is counted because he is enrolled. It
 * holds no patient's id, but the hospitals' resource ids: for those who may see them, and never for upload.
 */
export function* traceText(
  file: string,
  input: StudyInput,
  model: { readonly results: object; readonly gaps: readonly Gap[] },
): Generator<string> {
  const head = {
    file,
    study: input.protocol.id,
    draft: input.draft,
    asOf: input.asOf,
    versions: input.versions,
    placeholders: model.gaps.map(({ element, key }) => ({ element, registry: key })),
  };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "cells": {\n`;
  const cells = cellsIn(model.results);
  for (const [i, traced] of cells.entries())
    yield `${tracedLine(traced)}${i + 1 < cells.length ? ',' : ''}\n`;
  yield '  }\n}\n';
}
