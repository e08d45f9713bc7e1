import { readWorkspaceStore } from './read-stored.ts';
import type { LoadAnswer } from './send-load.ts';
import type { Workspace } from './service-process.ts';

/** What the store holds of the resources of a bar, by their ids. */
interface StoredIds {
  /** The number of versions of each resource. */
  readonly versions: ReadonlyMap<string, number>;
  /** The ids that the facts name as their source. */
  readonly factSources: ReadonlySet<string>;
}

/** Reads which resources are stored, and which of them are facts of the subjects. */
async function readStoredIds(workspace: Workspace, subjects: readonly string[]): Promise<StoredIds> {
  return readWorkspaceStore(workspace, async (tx) => {
    const versions = new Map<string, number>();
    for (const { id, version } of await tx.inbox.listCurrent()) versions.set(id, version);
    const factSources = new Set<string>();
    for (const subject of subjects)
      for (const fact of await tx.facts.listForSubject('msc-aa', subject))
        for (const { id } of fact.sources) factSources.add(id);
    return { versions, factSources };
  });
}

/** Whether the answer promises that the resource is stored. */
export const isAcknowledged = ({ status }: LoadAnswer): boolean => status === 200 || status === 201;

/** What became of the resources that were acknowledged. */
export interface AcknowledgedCheck {
  readonly lost: readonly string[];
  /** Stored more than once, though each was sent in one version. */
  readonly doubled: readonly string[];
  /** Stored without the fact that it states: half of a transaction. */
  readonly torn: readonly string[];
}

/** Compares what was acknowledged with what is stored. Every resource was sent in one version, and states one fact. */
export async function checkAcknowledged(
  workspace: Workspace,
  subjects: readonly string[],
  acknowledged: readonly string[],
): Promise<AcknowledgedCheck> {
  const { versions, factSources } = await readStoredIds(workspace, subjects);
  return {
    lost: acknowledged.filter((id) => !versions.has(id)),
    doubled: [...versions].filter(([, version]) => version !== 1).map(([id]) => id),
    torn: [...versions.keys()].filter((id) => !factSources.has(id)),
  };
}

/** Says what is wrong, one line for each resource. */
export const listLosses = (where: string, { lost, doubled, torn }: AcknowledgedCheck): readonly string[] => [
  ...lost.map((id) => `${where}: ${id} was acknowledged and is not stored`),
  ...doubled.map((id) => `${where}: ${id} is stored twice`),
  ...torn.map((id) => `${where}: ${id} is stored without its fact`),
];
