import { standingAlone } from './inherited.ts';
import type { Mapped } from './mapped.ts';
import { unknownModifiers } from './modifiers.ts';
import { isResource, type Reading, rowsOf } from './reading.ts';
import { combine, held } from './results.ts';
import type { Row } from './view/compile.ts';

/** The rows with their elements as they stand in what was sent. */
function placed(rows: readonly Row[], at: string): readonly Row[] {
  return rows.map((row) => {
    const elements = Object.entries(row.elements).map(([column, element]) => [
      column,
      element.replace(/^Observation(?=[.[]|$)/, at),
    ]);
    return { ...row, elements: Object.fromEntries(elements) };
  });
}

/**
 * The Observations contained in a DiagnosticReport or a panel Observation, each read on its own, with the container's
 * subject, status, specimen and effective[x] where it has none. Elements read `DiagnosticReport.contained[1]…`.
 */
export function readContained(
  reading: Reading,
  read: (row: Row, reading: Reading) => Mapped,
): readonly Mapped[] {
  const { resource, tools } = reading;
  if (resource.resourceType !== 'DiagnosticReport' && resource.resourceType !== 'Observation') return [];
  const contained: readonly unknown[] = Array.isArray(resource.contained) ? resource.contained : [];
  return contained.flatMap((child, i) => {
    if (!isResource(child) || child.resourceType !== 'Observation') return [];
    const at = `${resource.resourceType}.contained[${i}]`;
    const rows = placed(rowsOf(tools, standingAlone(child, resource), 'measurement'), at);
    const mapped = combine(rows.map((row) => read(row, { ...reading, at })));
    const needs = mapped.facts.length > 0 ? unknownModifiers(child, at) : [];
    return [needs.length > 0 ? held(...needs) : mapped];
  });
}
