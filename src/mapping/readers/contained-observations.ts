import { combineResults, toHeldResult } from '../build-result.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { inheritFromContainer } from './inherit-from-container.ts';
import type { ReaderInput } from './reader-input.ts';
import { isContainedResource, listRowsOfKind } from './resolve-reference.ts';
import { findUnknownModifiers } from './unknown-modifiers.ts';

/** The rows with their elements as they stand in what was sent. */
function relocateElements(rows: readonly ViewRow[], at: string): readonly ViewRow[] {
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
export function readContainedObservations(
  reading: ReaderInput,
  read: (row: ViewRow, reading: ReaderInput) => MappingResult,
): readonly MappingResult[] {
  const { resource, mappings: tools } = reading;
  if (resource.resourceType !== 'DiagnosticReport' && resource.resourceType !== 'Observation') return [];
  const contained: readonly unknown[] = Array.isArray(resource.contained) ? resource.contained : [];
  return contained.flatMap((child, i) => {
    if (!isContainedResource(child) || child.resourceType !== 'Observation') return [];
    const at = `${resource.resourceType}.contained[${i}]`;
    const rows = relocateElements(
      listRowsOfKind(tools, inheritFromContainer(child, resource), 'measurement'),
      at,
    );
    const mapped = combineResults(rows.map((row) => read(row, { ...reading, at })));
    const needs = mapped.facts.length > 0 ? findUnknownModifiers(child, at) : [];
    return [needs.length > 0 ? toHeldResult(...needs) : mapped];
  });
}
