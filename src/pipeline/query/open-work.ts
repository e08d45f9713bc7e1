import type { StoreTransaction, WorkItem } from '../../store/store.ts';

/** What is held back at a study's sites and could change its figures once somebody decides. */
export interface OpenWork {
  readonly items: number;
  /** How many resources wait; one that waits for two decisions counts twice. */
  readonly resources: number;
  /** The reason for which most resources wait first. */
  readonly byReason: readonly {
    readonly reason: string;
    readonly items: number;
    readonly resources: number;
  }[];
  /**
   * Subjects whom a hospital reports dead without a day, and of whom no death is known otherwise. No death is counted for
   * them: survival is counted in days, and any day given to them would be made up.
   */
  readonly deathsWithoutDay: readonly string[];
}

const countWaitingResources = (items: readonly WorkItem[]): number =>
  items.reduce((all, { count }) => all + count, 0);

/** The study's subjects whose Patients wait for one of the items. */
async function findWaitingSubjects(
  tx: StoreTransaction,
  study: string,
  items: readonly WorkItem[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const item of items) {
    for (const { site, resourceType, id } of await tx.workItems.waiting(item.id)) {
      const named = await tx.subjects.findByIdentifiers(site, [`${resourceType}/${id}`]);
      for (const one of named) if (one.study === study) found.add(one.subject);
    }
  }
  return [...found].sort();
}

async function findUndatedDeaths(
  tx: StoreTransaction,
  study: string,
  items: readonly WorkItem[],
): Promise<readonly string[]> {
  const undated: string[] = [];
  const aboutDeaths = items.filter(({ concerns }) => concerns === 'death-without-day');
  for (const subject of await findWaitingSubjects(tx, study, aboutDeaths)) {
    const facts = await tx.facts.listForSubject(study, subject);
    if (!facts.some(({ kind }) => kind === 'death')) undated.push(subject);
  }
  return undated;
}

/**
 * The open work at the sites of a study's subjects, as it is now. Work is a site's, not a study's: where two studies share
 * a site, each of them is told of all of it.
 */
export async function summariseOpenWork(tx: StoreTransaction, study: string): Promise<OpenWork> {
  const sites = new Set((await tx.subjects.list(study)).map(({ site }) => site));
  const open = (await tx.workItems.list('open')).filter(({ site }) => sites.has(site));
  const byReason = [...Map.groupBy(open, ({ reason }) => reason)]
    .map(([reason, items]) => ({ reason, items: items.length, resources: countWaitingResources(items) }))
    .sort((a, b) => b.resources - a.resources || (a.reason < b.reason ? -1 : 1));
  return {
    items: open.length,
    resources: countWaitingResources(open),
    byReason,
    deathsWithoutDay: await findUndatedDeaths(tx, study, open),
  };
}
