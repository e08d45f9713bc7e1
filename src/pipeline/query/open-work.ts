import type { StoreTransaction } from '../../store/store.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import { type OpenContradictions, summariseContradictions } from './open-contradictions.ts';

/**
 * The open work at a study's sites: resources that could change its figures once a person decides, because they are held
 * or because their facts contradict each other.
 */
export interface OpenWork {
  readonly items: number;
  /** The number of resources that wait; a resource that waits for two decisions counts twice. */
  readonly resources: number;
  /** By reason, starting with the reason for which the most resources wait. */
  readonly byReason: readonly {
    readonly reason: string;
    readonly items: number;
    readonly resources: number;
  }[];
  /**
   * Subjects who are reported dead without a day and have no other record of death. These deaths are not counted: survival
   * is counted in days, and any day would be invented.
   */
  readonly deathsWithoutDay: readonly string[];
  /** The part of the open work whose facts are in the figures as they are: questions about subjects. */
  readonly contradictions: OpenContradictions;
}

const countWaitingResources = (items: readonly WorkItem[]): number =>
  items.reduce((sum, { count }) => sum + count, 0);

/** Finds the study's subjects with a Patient that waits for one of the items. */
async function findWaitingSubjects(
  tx: StoreTransaction,
  study: string,
  items: readonly WorkItem[],
): Promise<readonly string[]> {
  const waitingSubjects = new Set<string>();
  for (const item of items) {
    for (const { site, resourceType, id } of await tx.workItems.listWaiting(item.id)) {
      const subjects = await tx.subjects.findByIdentifiers(site, [`${resourceType}/${id}`]);
      for (const subject of subjects) if (subject.study === study) waitingSubjects.add(subject.subject);
    }
  }
  return [...waitingSubjects].sort();
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
 * Summarises the current open work at the sites of a study's subjects. Work items about resources belong to a site, not
 * to a study: where two studies share a site, both count all of its items. Questions about subjects belong to their study.
 */
export async function summariseOpenWork(tx: StoreTransaction, study: string): Promise<OpenWork> {
  const sites = new Set((await tx.subjects.list(study)).map(({ site }) => site));
  const open = (await tx.workItems.list('open')).filter(
    (item) => sites.has(item.site) && (item.study ?? study) === study,
  );
  const byReason = [...Map.groupBy(open, ({ reason }) => reason)]
    .map(([reason, items]) => ({ reason, items: items.length, resources: countWaitingResources(items) }))
    .sort((a, b) => b.resources - a.resources || (a.reason < b.reason ? -1 : 1));
  return {
    items: open.length,
    resources: countWaitingResources(open),
    byReason,
    deathsWithoutDay: await findUndatedDeaths(tx, study, open),
    contradictions: summariseContradictions(open.filter(({ subject }) => subject !== null)),
  };
}
