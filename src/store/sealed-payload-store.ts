/** An encrypted payload about a patient who is not enrolled, with the instant after which it is destroyed. */
export interface SealedPayload {
  readonly site: string;
  /** Keyed hashes of the patient's identifiers at the site; never the identifiers. */
  readonly patientHashes: readonly string[];
  /** Keyed hash of `Type/id`, by which a deletion finds the payload. */
  readonly resourceHash: string;
  /** Keyed hash of the content, so that content that is sent again is sealed once. */
  readonly contentHash: string;
  readonly ciphertext: Uint8Array;
  /** The key of this payload, encrypted with the seal key; null for payloads of versions without such keys. */
  readonly wrappedKey: Uint8Array | null;
  readonly receivedAt: string;
  readonly destroyAfter: string;
}

/** The sealed payloads of one site. Printed as JSON. */
export interface SealedPayloadCount {
  readonly site: string;
  readonly payloads: number;
  readonly firstReceivedAt: string;
  readonly lastReceivedAt: string;
}

/**
 * Payloads that are sealed until their patient is enrolled. The key of a payload that is removed or destroyed is overwritten: what
 * remains of it anywhere cannot be decrypted.
 */
export interface SealedPayloadStore {
  /** Stores a payload; returns false where the same content of the resource is sealed already. */
  put(payload: SealedPayload): Promise<boolean>;
  /** Removes and returns the payloads sealed under any of the patient hashes, in order of arrival; at most `limit`. */
  take(site: string, patientHashes: readonly string[], limit?: number): Promise<readonly SealedPayload[]>;
  /** Lists the payloads sealed under any of the patient hashes, in order of arrival, without removing them. */
  listForPatient(site: string, patientHashes: readonly string[]): Promise<readonly SealedPayload[]>;
  /** Lists the resource hashes of payloads sealed under the patient hash, each once and in order; at most `limit`. */
  listResourceHashes(site: string, patientHash: string, limit: number): Promise<readonly string[]>;
  /** Counts the sealed payloads of a resource. */
  countForResource(site: string, resourceHash: string): Promise<number>;
  /** Lists the sealed payloads of a resource, in order of arrival, without removing them. */
  listForResource(site: string, resourceHash: string): Promise<readonly SealedPayload[]>;
  /** Destroys every payload of a resource; returns their number. */
  destroyForResource(site: string, resourceHash: string): Promise<number>;
  /** Destroys the payloads due by `now`; returns their resources, by hash. */
  destroyDue(now: string): Promise<readonly { site: string; resourceHash: string }[]>;
  count(): Promise<number>;
  /** Counts the payloads of each site, with the instants when the first and the last arrived. */
  countBySite(): Promise<readonly SealedPayloadCount[]>;
  /** Whether no payload of the site is sealed. */
  isEmpty(site: string): Promise<boolean>;
  /** Returns the payload that arrived first, whosever it is; undefined where nothing is sealed. */
  findFirst(): Promise<SealedPayload | undefined>;
}
