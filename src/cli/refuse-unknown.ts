import { Failure } from '../errors.ts';
import type { Service } from '../service.ts';

/** The most single letters in which a typing error differs from the name that was meant. */
const MAX_DISTANCE = 2;

/** Counts the letters to insert, delete or replace to make one text of the other (Levenshtein distance). */
function countEdits(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Finds the known name that is meant most probably; undefined where none is similar. */
function findSimilarName(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: countEdits(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.min(MAX_DISTANCE, name.length - 1))
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** The most names that a message lists. */
const MAX_LISTED = 12;

/** Formats the names that could have been meant, the most probable first. */
function formatKnownNames(name: string, known: readonly string[]): string {
  if (known.length === 0) return '(none is known)';
  const similar = findSimilarName(name, known);
  const listed = known.slice(0, MAX_LISTED).join(', ') + (known.length > MAX_LISTED ? ', …' : '');
  return similar === undefined ? `use one of ${listed}` : `did you mean ${similar}? Known: ${listed}`;
}

/** Builds the refusal of a name that nothing has; `noun` is what it should name, `at` where it was written. */
function buildUnknownNameFailure(
  noun: string,
  name: string,
  known: readonly string[],
  { at, more = '' }: { readonly at: string; readonly more?: string },
): Failure {
  const names = formatKnownNames(name, known);
  const fix = `${names.slice(0, 1).toUpperCase()}${names.slice(1)}${more}.`;
  return new Failure('cli/failed', `There is no ${noun} ${name}.`, { at, fix });
}

const NEW_SITE = '; a new site is added under `sites` in the configuration, or as a folder of the study';

/** Refuses a site that is not among the known ones; `at` is where it was written. */
export function refuseUnknownSite(site: string, known: readonly string[], at = '--site'): void {
  if (!known.includes(site)) throw buildUnknownNameFailure('site', site, known, { at, more: NEW_SITE });
}

/** Refuses a view that is not among the known ones. */
export function refuseUnknownView(view: string, known: readonly string[]): void {
  if (!known.includes(view)) throw buildUnknownNameFailure('view', view, known, { at: '--view' });
}

/** Refuses a site that neither the configuration, nor a study's folder, nor the store knows; undefined names none. */
export async function requireKnownSite(
  service: Pick<Service, 'listSites'>,
  site: string | undefined,
): Promise<void> {
  if (site !== undefined) refuseUnknownSite(site, await service.listSites());
}

/** Refuses a subject who is not enrolled in any study; undefined names none. */
export async function requireKnownSubject(
  service: Pick<Service, 'listSubjects'>,
  subject: string | undefined,
): Promise<void> {
  if (subject === undefined) return;
  const known = await service.listSubjects();
  if (!known.includes(subject)) throw buildUnknownNameFailure('subject', subject, known, { at: '--subject' });
}
