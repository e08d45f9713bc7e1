import type { Resource } from '../fhir/resource.ts';
import type { Mapped } from './mapped.ts';
import { unknownModifiers } from './modifiers.ts';
import { isResource, type Reading, rowsOf } from './reading.ts';
import { combine, held } from './results.ts';
import type { Row } from './view/compile.ts';

/** What a result takes over from the report or panel that contains it, where it says nothing itself. */
const INHERITED = ['subject', 'specimen', 'status'];

/** R4 DiagnosticReportStatus that Observation spells otherwise. */
const STATUS: Readonly<Record<string, string>> = { partial: 'preliminary', appended: 'amended' };

/** A container in one of these states takes its results with it, whatever they say themselves. */
const OVERRIDING = new Set(['entered-in-error', 'cancelled']);

function statusOf(parent: Resource): unknown {
  const { status } = parent;
  return typeof status === 'string' ? (STATUS[status] ?? status) : status;
}

/** The contained Observation as it would stand alone. */
function standingAlone(child: Resource, parent: Resource): Resource {
  const made: Record<string, unknown> & Resource = { ...child };
  for (const name of INHERITED) {
    const inherited = name === 'status' ? statusOf(parent) : parent[name];
    if (made[name] === undefined && inherited !== undefined && !Array.isArray(inherited))
      made[name] = inherited;
  }
  if (typeof parent.status === 'string' && OVERRIDING.has(parent.status)) made.status = parent.status;
  if (Object.keys(child).some((key) => key.startsWith('effective'))) return made;
  for (const [key, value] of Object.entries(parent)) if (key.startsWith('effective')) made[key] = value;
  return made;
}

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
