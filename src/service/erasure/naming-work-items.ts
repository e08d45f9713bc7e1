import { formatContestGroup } from '../../pipeline/identity/contest-keys.ts';
import { isSameSubject } from '../../pipeline/identity/narrow-subjects.ts';
import type { SiteTransaction } from '../../pipeline/site-transaction.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SubjectKey } from '../../store/subject-store.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import { removeTextReviews } from '../exports/free-text-review.ts';

/** Shorter values are not looked for in texts: they are part of too many others. */
const MIN_NEEDLE = 4;

/** By what a text names a person. */
export interface PersonNames {
  readonly subjects: readonly SubjectKey[];
  readonly identifiers: readonly string[];
  readonly resources: readonly ResourceKey[];
}

const formatKey = ({ resourceType, id }: ResourceKey): string => `${resourceType}/${id}`;

/** Lists the texts by which a person is named: numbers, identifiers and their values, resources. */
export function listNeedles({ subjects, identifiers, resources }: PersonNames): readonly string[] {
  const values = identifiers.map((identifier) => identifier.slice(identifier.lastIndexOf('|') + 1));
  const texts = [
    ...subjects.map(({ subject }) => subject),
    ...identifiers,
    ...values,
    ...resources.map(formatKey),
  ];
  return [...new Set(texts)].filter((text) => text.length >= MIN_NEEDLE);
}

const isWordCharacter = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9]/.test(character);

/** Whether the text has the needle as a whole: `P-1` is not in `P-12`. */
function hasWhole(haystack: string, needle: string): boolean {
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1))
    if (!isWordCharacter(haystack[at - 1]) && !isWordCharacter(haystack[at + needle.length])) return true;
  return false;
}

/** Whether the text names the person by any of the needles. */
export const hasNeedle = (haystack: string, needles: readonly string[]): boolean =>
  needles.some((needle) => hasWhole(haystack, needle));

/** A work item of the site, with the resources that wait for it. */
export interface WaitedItem {
  readonly item: WorkItem;
  readonly waiting: readonly ResourceKey[];
}

/** Lists the work items of the site, of any status, with what waits for them. */
export async function listWaitedItems(tx: SiteTransaction): Promise<readonly WaitedItem[]> {
  const items = (await tx.workItems.list(null)).filter(({ site }) => site === tx.site);
  const listed: WaitedItem[] = [];
  for (const item of items)
    listed.push({ item, waiting: item.count === 0 ? [] : await tx.workItems.listWaiting(item.id) });
  return listed;
}

/**
 * Erases the work items that are about the person, that name them, or for which nothing but their resources waited, and the
 * decisions on these; returns their ids.
 */
export async function eraseNamingWorkItems(
  tx: SiteTransaction,
  items: readonly WaitedItem[],
  names: PersonNames,
): Promise<readonly string[]> {
  const needles = listNeedles(names);
  const contests = new Set(names.identifiers.map((identifier) => formatContestGroup(tx, identifier)));
  const removed = new Set(names.resources.map(formatKey));
  const isAbout = ({ item, waiting }: WaitedItem): boolean => {
    const { study, subject, group } = item;
    if (study !== null && subject !== null && names.subjects.some(isSameSubject({ study, subject })))
      return true;
    if (waiting.length > 0 && waiting.every((key) => removed.has(formatKey(key)))) return true;
    return contests.has(group) || hasNeedle(JSON.stringify(item), needles);
  };
  const ids = items.filter(isAbout).map(({ item }) => item.id);
  for (const id of ids) await tx.erasures.eraseWorkItem(id);
  return ids;
}

/**
 * Erases the reviews of free texts that state something about the person, or that name them, and the decisions on these; returns
 * their ids. Where somebody else's facts state the same text, it is withheld until it is released again.
 */
export async function eraseTextReviews(tx: SiteTransaction, names: PersonNames): Promise<readonly string[]> {
  const needles = listNeedles(names);
  const ids = await removeTextReviews(
    tx,
    (review) => names.subjects.some(isSameSubject(review)) || hasNeedle(JSON.stringify(review), needles),
  );
  // In the history of decisions only: these items have no row of their own.
  for (const id of ids) await tx.erasures.eraseWorkItem(id);
  return ids;
}
