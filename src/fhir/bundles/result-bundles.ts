import { Failure } from '../../errors.ts';
import type { Interaction } from '../interaction.ts';
import { parseInteraction } from '../parse-interaction.ts';
import { isObject } from '../resource.ts';

type BundleEntry = Readonly<Record<string, unknown>>;

/** The links of one page of results: its own address and that of the next page; null where the page has none. */
export interface BundlePage {
  readonly self: string | null;
  readonly next: string | null;
}

/** A deletion that a history states, and the index of its entry. */
export interface StatedDeletion {
  readonly index: number;
  readonly interaction: Interaction;
}

/** What a server returned for a search or a history, as resources to receive. */
export interface ResultBundle {
  /** A collection Bundle of the resources; of one resource the oldest version first, whatever the order in the file. */
  readonly bundle: Readonly<Record<string, unknown>>;
  /** The index in the file of each entry of `bundle`. */
  readonly indexes: readonly number[];
  /** The resources that are deleted according to the history, to be deleted after `bundle` was received. */
  readonly deletions: readonly StatedDeletion[];
  /** Entries that state a deletion, of what cannot be read. */
  readonly unreadable: readonly { readonly index: number; readonly failure: Failure }[];
  readonly page: BundlePage;
}

/** An entry that states one version of a resource, or its deletion. */
interface StatedVersion {
  readonly index: number;
  readonly entry: BundleEntry;
  /** `Type/id`; null where the entry has none. */
  readonly key: string | null;
  readonly isDeletion: boolean;
  readonly version: string | null;
  readonly updated: string | null;
}

const readText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

function readLink(bundle: BundleEntry, relation: string): string | null {
  const links = Array.isArray(bundle.link) ? bundle.link.filter(isObject) : [];
  return readText(links.find((link) => link.relation === relation)?.url);
}

/** Whether the entry only informs about the search (R4 Bundle.entry.search.mode `outcome`). */
function isSearchOutcome({ search, resource }: BundleEntry): boolean {
  const isOutcome = isObject(resource) && resource.resourceType === 'OperationOutcome';
  return isOutcome && isObject(search) && search.mode === 'outcome';
}

/** `Type/id` and the version at the end of an address, relative or absolute. */
const ADDRESS_PATTERN = /(?:^|\/)([A-Z][A-Za-z]{0,63})\/([^/?#\s]{1,256})(?:\/_history\/([^/?#\s]{1,256}))?$/;

const readObject = (value: unknown): BundleEntry => (isObject(value) ? value : {});

/** Reads `Type/id` and version from the request's URL, else from the fullUrl. */
function readAddress(entry: BundleEntry): { readonly key: string | null; readonly version: string | null } {
  const addresses = [readObject(entry.request).url, entry.fullUrl];
  const [, type, id, version] =
    addresses.map((address) => ADDRESS_PATTERN.exec(readText(address) ?? '')).find(Boolean) ?? [];
  return { key: type && id ? `${type}/${id}` : null, version: version ?? null };
}

function readStatedVersion(entry: BundleEntry, index: number): StatedVersion {
  const response = readObject(entry.response);
  const resource = readObject(entry.resource);
  const meta = readObject(resource.meta);
  const isDeletion = readObject(entry.request).method === 'DELETE';
  const address = readAddress(entry);
  const etag = /^(?:W\/)?"([^"]+)"$/.exec(readText(response.etag) ?? '')?.[1];
  const ownKey = readText(resource.id) === null ? null : `${resource.resourceType}/${resource.id}`;
  return {
    index,
    entry,
    key: isDeletion ? address.key : ownKey,
    isDeletion,
    version: readText(meta.versionId) ?? etag ?? address.version,
    updated: readText(response.lastModified) ?? readText(meta.lastUpdated),
  };
}

const isVersionNumber = ({ version }: StatedVersion): boolean =>
  version !== null && /^\d{1,20}$/.test(version);

const readInstant = ({ updated }: StatedVersion): number => Date.parse(updated ?? '');

/**
 * Orders the versions of one resource, the oldest first: by the server's version numbers, else by time; where neither tells,
 * servers list the newest first (FHIR R4 http, history).
 */
function sortOldestFirst(versions: readonly StatedVersion[]): readonly StatedVersion[] {
  const haveNumbers = versions.every(isVersionNumber);
  const haveTimes = versions.every((version) => !Number.isNaN(readInstant(version)));
  return versions.toSorted((a, b) => {
    const byNumber = haveNumbers ? Number(BigInt(a.version ?? 0) - BigInt(b.version ?? 0)) : 0;
    const byTime = haveTimes ? readInstant(a) - readInstant(b) : 0;
    return byNumber || byTime || b.index - a.index;
  });
}

/** Groups the versions by resource, each group the oldest first; an entry without key is a group of its own. */
function groupByResource(versions: readonly StatedVersion[]): readonly (readonly StatedVersion[])[] {
  const groups = Map.groupBy(versions, ({ key, index }) => key ?? index);
  return [...groups.values()].map(sortOldestFirst);
}

/** Removes the fullUrls that a later entry has again: all versions of a resource share one. */
function withUniqueFullUrls(entries: readonly BundleEntry[]): readonly BundleEntry[] {
  const lastIndexes = new Map(entries.map(({ fullUrl }, index) => [fullUrl, index]));
  return entries.map((entry, index) => {
    if (lastIndexes.get(entry.fullUrl) === index) return entry;
    const { fullUrl: _repeated, ...rest } = entry;
    return rest;
  });
}

function buildDeletion({ key, version, updated }: StatedVersion): Interaction | Failure {
  const [type = '', id = ''] = key?.split('/') ?? [];
  const request = { query: null, ifNoneExist: null, ifMatch: null, body: undefined };
  try {
    const interaction = parseInteraction({ ...request, method: 'DELETE', type, id: id === '' ? null : id });
    return { ...interaction, deletion: { version, updated } };
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
}

function readEntries(bundle: BundleEntry): readonly BundleEntry[] | null {
  const { entry = [] } = bundle;
  return Array.isArray(entry) && entry.every(isObject) ? entry : null;
}

/**
 * Reads a Bundle of type searchset or history as resources to receive; null for any other value, and where its entries are
 * not a list of objects. In a searchset, matches and included resources count alike, and outcomes are left out. In a
 * history, a resource whose newest entry is a deletion is deleted; a deletion that a newer version follows has no effect.
 * Source: FHIR R4 bundle (search results, history), http (history).
 */
export function readResultBundle(tree: unknown): ResultBundle | null {
  if (!isObject(tree) || tree.resourceType !== 'Bundle') return null;
  const entries = tree.type === 'searchset' || tree.type === 'history' ? readEntries(tree) : null;
  if (entries === null) return null;
  const stated = entries.flatMap((entry, index) =>
    isSearchOutcome(entry) ? [] : [readStatedVersion(entry, index)],
  );
  const groups = groupByResource(stated);
  const versions = groups.flat().filter(({ isDeletion }) => !isDeletion);
  const newest = groups.flatMap((group) => group.slice(-1)).filter(({ isDeletion }) => isDeletion);
  const deletions = newest.map((version) => ({ index: version.index, read: buildDeletion(version) }));
  return {
    bundle: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: withUniqueFullUrls(versions.map(({ entry }) => entry)),
    },
    indexes: versions.map(({ index }) => index),
    deletions: deletions.flatMap(({ index, read }) =>
      read instanceof Failure ? [] : [{ index, interaction: read }],
    ),
    unreadable: deletions.flatMap(({ index, read }) =>
      read instanceof Failure ? [{ index, failure: read }] : [],
    ),
    page: { self: readLink(tree, 'self'), next: readLink(tree, 'next') },
  };
}
