import {
  type CellChange,
  type ChangeCause,
  type ResourceVersionChange,
  splitTracedName,
} from '../../service/compare-exports.ts';
import type { ResourceStatus } from '../../service/resource-status.ts';

/** The status of resources in a store, by name without version; empty without a store. */
export type ResourceStatuses = ReadonlyMap<string, ResourceStatus>;

/** Returns the name of the changed resource, without its version. */
export function getUnversionedName({ was, now }: ResourceVersionChange): string {
  return splitTracedName(now ?? was ?? '').resource;
}

function formatVersion(name: string): string {
  const { version } = splitTracedName(name);
  return version === null ? '(no version)' : `@${version}`;
}

function formatResourceStatus({ status, receivedAt }: ResourceStatus): string {
  return ` (${status === null ? '' : `${status}, `}received ${receivedAt})`;
}

function formatResourceChange(change: ResourceVersionChange, statuses: ResourceStatuses): string {
  const status = statuses.get(getUnversionedName(change));
  const suffix = status ? formatResourceStatus(status) : '';
  const { was, now } = change;
  if (was !== null && now !== null) return `${was} → ${formatVersion(now)}${suffix}`;
  return was !== null ? `${was} is no longer in the export${suffix}` : `${now} is new${suffix}`;
}

const formatTransition = (was: string | null, now: string | null, absent: string): string =>
  `${was ?? absent} → ${now ?? absent}`;

/** Formats the cause of a change in words. */
export function formatCause(cause: ChangeCause, statuses: ResourceStatuses): string {
  switch (cause.kind) {
    case 'basis':
      return `${cause.of}: ${formatTransition(cause.was, cause.now, '(none)')}`;
    case 'enrolment':
      return `${cause.subject}: ${formatTransition(cause.was, cause.now, '(not enrolled)')}`;
    case 'renumbered':
      return 'renumbered: other rows appeared or left';
    case 'unexplained':
      return 'no change in the data that the traces list';
    default: {
      const resources = cause.resources.map((change) => formatResourceChange(change, statuses)).join(', ');
      const heading = CAUSE_HEADINGS[cause.kind](cause.subject);
      return resources === '' ? heading : `${heading}: ${resources}`;
    }
  }
}

const CAUSE_HEADINGS = {
  resources: (subject: string) => subject,
  'other-data': (subject: string) => `other data of ${subject}`,
  joined: (subject: string) => `${subject} now counts`,
  left: (subject: string) => `${subject} no longer counts`,
} as const;

const formatCell = (cell: CellChange['was']): string =>
  cell === null || cell === '' ? '(empty)' : String(cell);

/** Formats the change of a cell, such as `value: 24 → 12`. */
export function formatCellChange({ column, what, was, now }: CellChange): string {
  if (column !== null) return `${column}: ${formatCell(was)} → ${formatCell(now)}`;
  const [verb, value] = what === 'left' ? (['left', was] as const) : (['appeared', now] as const);
  return value === null ? `the row ${verb}` : `${verb}: ${formatCell(value)}`;
}
