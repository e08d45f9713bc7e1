import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { type ResourceContent, readCurrentContent } from './current-content.ts';
import { listMembers } from './references.ts';

/** The most reports and panels that may list a result, directly or through others, and the most listings among them. */
export const MAX_CONTAINERS = 100;
const MAX_LISTINGS = 500;

/** A result, report or panel, and the names (`Type/id`) of those that list it. */
interface ListedNode {
  readonly key: ResourceKey;
  readonly content: ResourceContent;
  readonly containers: Set<string>;
}

/** Everything above one result, by `Type/id`, the result included. */
export type Containers = ReadonlyMap<string, ListedNode>;

export const formatName = ({ resourceType, id }: ResourceKey): string => `${resourceType}/${id}`;

/**
 * Lists who lists a node. What the resource itself lists is read from the content that is being received: the index is still
 * that of the version before.
 */
async function listContainerKeys(
  tx: SiteTransaction,
  name: string,
  start: { readonly name: string; readonly members: readonly string[] },
): Promise<readonly ResourceKey[]> {
  const referrers = await tx.inbox.listReferrers(tx.site, name, { limit: MAX_CONTAINERS + 1 });
  return referrers.filter((key) => formatName(key) !== start.name || start.members.includes(name));
}

/**
 * Collects the reports and panels that list a result, those that list these, and so on, each once; null where there are too many
 * of them to be followed.
 */
export async function collectContainers(
  tx: SiteTransaction,
  key: ResourceKey,
  content: ResourceContent,
): Promise<Containers | null> {
  const start = { name: formatName(key), members: listMembers(content.resource) };
  const nodes = new Map<string, ListedNode>([[start.name, { key, content, containers: new Set() }]]);
  let listings = 0;
  // The iteration also visits containers that are added during it.
  for (const [name, node] of nodes) {
    if (node.key.resourceType !== 'Observation') continue;
    for (const container of await listContainerKeys(tx, name, start))
      await addContainer(tx, nodes, node, container);
    listings += node.containers.size;
    if (nodes.size > MAX_CONTAINERS + 1 || listings > MAX_LISTINGS) return null;
  }
  return removeCircles(nodes);
}

/** Adds a container of a node; nothing where it has no content. */
async function addContainer(
  tx: SiteTransaction,
  nodes: Map<string, ListedNode>,
  node: ListedNode,
  key: ResourceKey,
): Promise<void> {
  const name = formatName(key);
  const content = nodes.get(name)?.content ?? (await readCurrentContent(tx, key));
  if (!content) return;
  node.containers.add(name);
  if (!nodes.has(name)) nodes.set(name, { key, content, containers: new Set() });
}

/** Lists everything above a node, itself only where it is above itself. */
function listAbove(nodes: Containers, name: string): ReadonlySet<string> {
  const above = new Set(nodes.get(name)?.containers);
  for (const reached of above) for (const next of nodes.get(reached)?.containers ?? []) above.add(next);
  return above;
}

/**
 * Removes the listings between panels that list each other, directly or through others, and of those that list themselves:
 * nothing says which of them is the panel of the other. What else lists them counts.
 */
function removeCircles(nodes: Containers): Containers {
  const above = new Map([...nodes.keys()].map((name) => [name, listAbove(nodes, name)]));
  for (const [name, { containers }] of nodes)
    for (const container of containers)
      if (above.get(container)?.has(name) || container === name) containers.delete(container);
  return nodes;
}
