import type { SubjectKey } from './subject-store.ts';

/** The key of a resource at a site. */
export interface ResourceKey {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string;
}

/** One accepted version of a resource. */
export interface ResourceVersion extends ResourceKey {
  /** Counts from 1 within the resource; the ETag of the adapter. */
  readonly version: number;
  /** The sender's `meta.versionId` and `meta.lastUpdated`; null where absent. */
  readonly senderVersion: string | null;
  readonly senderUpdated: string | null;
  readonly receivedAt: string;
  /** The interface through which it arrived (`rest`, `ndjson`, …). */
  readonly door: string;
  /** The FHIR version of the body. */
  readonly fhirVersion: '4.0' | '5.0';
  /** JSON text, with the digits of every number as sent; null for a deletion, or where the content was not kept. */
  readonly body: string | null;
  /** The text as it was sent, where it is not `body`; absent where it is, or where it is not known. */
  readonly sentText?: string;
  /** SHA-256 over the canonical JSON without meta; null where the content was not kept. */
  readonly digest: string | null;
  readonly retention: Retention;
  readonly disposition: 'mapped' | 'held' | 'ignored' | 'withdrawn' | 'superseded';
}

/**
 * How much of a version is kept. `kept`: all of it (a deletion has no content). `not-enrolled`: only its number, because
 * its patient is not enrolled. `withheld`: only its number, because its subject had withdrawn consent. `marker` and
 * `deletion-marker`: only the fact that a version or a deletion arrived while consent was withdrawn; these rows were never
 * current.
 */
export type Retention = 'kept' | 'not-enrolled' | 'withheld' | 'marker' | 'deletion-marker';

/**
 * The newest stamps of a resource's versions with content; null where none has one. `number`: the highest `meta.versionId` of
 * up to 20 digits. The latest `meta.lastUpdated` of versions with such a number, and of the others.
 */
export interface NewestStamps {
  readonly number: string | null;
  readonly updatedOfNumbered: string | null;
  readonly updatedOfOthers: string | null;
}

/** How often a stored version arrived again without effect, and when last. */
export interface RepeatedVersion {
  readonly version: number;
  readonly repeats: number;
  readonly lastAt: string;
}

/** The received versions of resources. */
export interface Inbox {
  /** Returns the current version, which may be a deletion; undefined where the resource is unknown. */
  getCurrent(key: ResourceKey): Promise<ResourceVersion | undefined>;
  /** Finds the version with the sender's version number, current or not. */
  findBySenderVersion(key: ResourceKey, senderVersion: string): Promise<ResourceVersion | undefined>;
  /**
   * Finds the number of the first version, current or not, with the same digest and sender's number; of versions without such a
   * number, with the same digest and time. Null where there is none.
   */
  findRepeated(
    key: ResourceKey,
    version: Pick<ResourceVersion, 'digest' | 'senderVersion' | 'senderUpdated'>,
  ): Promise<number | null>;
  /** Lists every version of the resource, or (`newest`) the last so many of them, in order of arrival. */
  listVersions(key: ResourceKey, newest?: number): Promise<readonly ResourceVersion[]>;
  /** Finds the newest numbers and times that the sender gave to versions with content. */
  findNewestStamps(key: ResourceKey): Promise<NewestStamps>;
  /** Counts, for a stored version, that it arrived once more and had no effect. */
  countRepeat(key: ResourceKey, version: number, at: string): Promise<void>;
  /** Lists the versions that arrived again, with the number of times and the last instant, in order of version. */
  listRepeats(key: ResourceKey): Promise<readonly RepeatedVersion[]>;
  /**
   * Finds the ids of current resources of a type that have the business identifier `system|value`, in order; at most `limit`
   * where it is stated.
   */
  findIdsByIdentifier(
    site: string,
    resourceType: string,
    identifier: string,
    limit?: number,
  ): Promise<readonly string[]>;
  /**
   * Stores a version, as the current one or (`isCurrent` false) as history. `index` lists its business identifiers and
   * references, by which a current version is found. The body is encrypted with the key of one of its `owners`; without
   * owners, with the key of the versions before it, or else of its site. Returns the version number of the adapter.
   */
  addVersion(
    row: Omit<ResourceVersion, 'version'>,
    index: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
    isCurrent: boolean,
    owners?: readonly SubjectKey[],
  ): Promise<number>;
  /** Replaces the index of the current version. */
  replaceIndex(
    key: ResourceKey,
    index: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
  ): Promise<void>;
  /** Lists the references of the current version, in order. */
  listReferences(key: ResourceKey): Promise<readonly string[]>;
  /** Lists the markers (see Retention) that arrived after the current version, in order of arrival. */
  listMarkersAfterCurrent(key: ResourceKey): Promise<readonly ResourceVersion[]>;
  /**
   * Lists the site's current resources that refer to `Type/id` or a patient identifier (`Patient/12`, `system|value`), in order
   * of type and id; of `among`, only those of a type, and at most so many.
   */
  listReferrers(
    site: string,
    reference: string,
    among?: { readonly resourceType?: string; readonly limit?: number },
  ): Promise<readonly ResourceKey[]>;
  /** Lists every version that the site sent before the instant, history and deletions included, in order of arrival. */
  listReceivedBefore(site: string, instant: string): Promise<readonly ResourceVersion[]>;
  setDisposition(key: ResourceKey, disposition: ResourceVersion['disposition']): Promise<void>;
  /** Lists every current version with content, in order of arrival. */
  listCurrent(): Promise<readonly ResourceVersion[]>;
  /** Lists a page of the same: the versions after place `after` (0: from the start), each with its place. */
  listCurrentPage(
    after: number,
    limit: number,
  ): Promise<readonly { place: number; version: ResourceVersion }[]>;
  /** Counts the versions that listCurrent returns. */
  countCurrent(): Promise<number>;
}
