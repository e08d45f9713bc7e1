import type { Cause, Change, ResourceChange } from '../service/export-folders.ts';
import type { Service } from '../service.ts';

type Standing = NonNullable<Awaited<ReturnType<Service['standing']>>>;

/** How resources stand in a store, by name without version; none where no store was named. */
export type Standings = ReadonlyMap<string, Standing>;

/** A resource's name without its version. */
export function resourceOf({ was, now }: ResourceChange): string {
  return (now ?? was ?? '').replace(/@.*$/, '');
}

const versionOf = (name: string): string => /@.*$/.exec(name)?.[0] ?? '(no version)';

function standingSays({ status, receivedAt }: Standing): string {
  return ` (${status === null ? '' : `${status}, `}received ${receivedAt})`;
}

function resourceSays(change: ResourceChange, standings: Standings): string {
  const standing = standings.get(resourceOf(change));
  const then = standing ? standingSays(standing) : '';
  const { was, now } = change;
  if (was !== null && now !== null) return `${was} → ${versionOf(now)}${then}`;
  return was !== null ? `${was} no longer stands${then}` : `${now} is new${then}`;
}

const arrow = (was: string | null, now: string | null, none: string): string =>
  `${was ?? none} → ${now ?? none}`;

/** A cause in words. */
export function causeSays(cause: Cause, standings: Standings): string {
  switch (cause.kind) {
    case 'basis':
      return `${cause.of}: ${arrow(cause.was, cause.now, '(none)')}`;
    case 'enrolment':
      return `${cause.subject}: ${arrow(cause.was, cause.now, '(not enrolled)')}`;
    case 'renumbered':
      return 'renumbered: other rows came or went';
    case 'unexplained':
      return 'nothing that the traces name changed';
    default: {
      const list = cause.resources.map((one) => resourceSays(one, standings)).join(', ');
      return [WHOSE[cause.kind](cause.subject), list].filter((part) => part !== '').join(': ');
    }
  }
}

const WHOSE = {
  resources: (subject: string) => subject,
  'other-data': (subject: string) => `other data of ${subject}`,
  joined: (subject: string) => `${subject} counts now`,
  left: (subject: string) => `${subject} counts no longer`,
} as const;

/** What became of the cell, such as `value 24 → 12`. */
export function changeSays({ column, what, was, now }: Change): string {
  const shown = (cell: Change['was']): string => (cell === null || cell === '' ? '(empty)' : String(cell));
  if (column !== null) return `${column}: ${shown(was)} → ${shown(now)}`;
  const word = what === 'left' ? 'left' : 'appeared';
  const value = what === 'left' ? was : now;
  return value === null ? `the row ${word}` : `${word}: ${shown(value)}`;
}
