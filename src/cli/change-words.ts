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
  return was !== null ? `${was} is not behind it any more${then}` : `${now} is behind it now${then}`;
}

/** A cause in words. */
export function causeSays(cause: Cause, standings: Standings): string {
  if (cause.kind === 'basis') return `${cause.of} ${cause.was ?? '(none)'} → ${cause.now ?? '(none)'}`;
  if (cause.kind === 'renumbered') return 'renumbered: other rows came or went';
  if (cause.kind === 'enrolment') return 'no resource behind it changed: the enrolment did';
  const { kind, subject, resources } = cause;
  const list = resources.map((one) => resourceSays(one, standings)).join(', ');
  switch (kind) {
    case 'resources':
      return `${subject}: ${list}`;
    case 'other-data':
      return `other data of ${subject}: ${list}`;
    case 'joined':
    case 'left':
      return `${subject} ${kind === 'joined' ? 'counts now' : 'counts no longer'}${list === '' ? '' : `: ${list}`}`;
  }
}

/** What became of the cell, such as `value 24 → 12`. */
export function changeSays({ column, what, was, now }: Change): string {
  const shown = (cell: Change['was']): string => (cell === null || cell === '' ? '(empty)' : String(cell));
  if (column !== null) return `${column}: ${shown(was)} → ${shown(now)}`;
  const word = what === 'left' ? 'left' : 'appeared';
  const value = what === 'left' ? was : now;
  return value === null ? `the row ${word}` : `${word}: ${shown(value)}`;
}
