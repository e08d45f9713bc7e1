import { combineResults, type MappingResult } from '../mapping-result.ts';
import { holdNotUnderstood } from '../meaning/find-meaning-needs.ts';
import type { ViewRow } from '../view/view-row.ts';
import { inheritFromContainer } from './inherit-from-container.ts';
import type { ReaderInput } from './reader-input.ts';
import { isContainedResource, listRowsOfKind } from './resolve-reference.ts';

/**
 * Reads the Observations contained in a DiagnosticReport or a panel Observation, each by itself, with the subject,
 * status, specimen and effective[x] of the container where it lacks them. Element paths begin with
 * `DiagnosticReport.contained[1]`.
 */
export function readContainedObservations(
  input: ReaderInput,
  readRow: (row: ViewRow, input: ReaderInput) => MappingResult,
): readonly MappingResult[] {
  const { resource, mappings } = input;
  if (resource.resourceType !== 'DiagnosticReport' && resource.resourceType !== 'Observation') return [];
  const contained: readonly unknown[] = Array.isArray(resource.contained) ? resource.contained : [];
  return contained.flatMap((child, i) => {
    if (!isContainedResource(child) || child.resourceType !== 'Observation') return [];
    const at = `${resource.resourceType}.contained[${i}]`;
    const completed = inheritFromContainer(child, resource);
    const rows = listRowsOfKind(mappings, completed, 'measurement');
    const mapped = combineResults(
      rows.map((row) => readRow(row.relocate('Observation', at), { ...input, at })),
    );
    return [holdNotUnderstood(mapped, completed, { ...input, at })];
  });
}
