import type { CellChange, ChangeCause, ResourceVersionChange } from '../../service/compare-exports.ts';
import type { Service } from '../../service.ts';

type ResourceStatus = NonNullable<Awaited<ReturnType<Service['readResourceStatus']>>>;

/** How resources stand in a store, by name without version; none where no store was named. */
export type ResourceStatuses = ReadonlyMap<string, ResourceStatus>;

/** A resource's name without its version. */
export function getUnversionedName({ was, now }: ResourceVersionChange): string {
  return (now ?? was ?? '').replace(/@.*$/, '');
}

const parseVersionSuffix = (name: string): string => /@.*$/.exec(name)?.[0] ?? '(no version)';

function formatResourceStatus({ status, receivedAt }: ResourceStatus): string {
  return ` (${status === null ? '' : `${status}, `}received ${receivedAt})`;
}

function formatResourceChange(change: ResourceVersionChange, standings: ResourceStatuses): string {
  const standing = standings.get(getUnversionedName(change));
  const then = standing ? formatResourceStatus(standing) : '';
  const { was, now } = change;
  if (was !== null && now !== null) return `${was} → ${parseVersionSuffix(now)}${then}`;
  return was !== null ? `${was} no longer stands${then}` : `${now} is new${then}`;
}

const formatTransition = (was: string | null, now: string | null, none: string): string =>
  `${was ?? none} → ${now ?? none}`;

/** A cause in words. */
export function formatCause(cause: ChangeCause, standings: ResourceStatuses): string {
  switch (cause.kind) {
    case 'basis':
      return `${cause.of}: ${formatTransition(cause.was, cause.now, '(none)')}`;
    case 'enrolment':
      return `${cause.subject}: ${formatTransition(cause.was, cause.now, '(not enrolled)')}`;
    case 'renumbered':
      return 'renumbered: other rows came or went';
    case 'unexplained':
      return 'nothing that the traces name changed';
    default: {
      const list = cause.resources.map((one) => formatResourceChange(one, standings)).join(', ');
      return [CAUSE_HEADINGS[cause.kind](cause.subject), list].filter((part) => part !== '').join(': ');
    }
  }
}

const CAUSE_HEADINGS = {
  resources: (subject: string) => subject,
  'other-data': (subject: string) => `other data of ${subject}`,
  joined: (subject: string) => `${subject} counts now`,
  left: (subject: string) => `${subject} counts no longer`,
} as const;

/** What became of the cell, such as `value 24 → 12`. */
export function formatCellChange({ column, what, was, now }: CellChange): string {
  const shown = (cell: CellChange['was']): string =>
    cell === null || cell === '' ? '(empty)' : String(cell);
  if (column !== null) return `${column}: ${shown(was)} → ${shown(now)}`;
  const word = what === 'left' ? 'left' : 'appeared';
  const value = what === 'left' ? was : now;
  return value === null ? `the row ${word}` : `${word}: ${shown(value)}`;
}
