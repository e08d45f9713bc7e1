/** The session of a person who signed in. Instants are ISO 8601 in UTC. */
export interface PersonSession {
  /** SHA-256 of the session's id, which only the person's browser has. */
  readonly idHash: string;
  /** OpenID Connect issuer and subject: together the person. */
  readonly issuer: string;
  readonly subject: string;
  /** The printed name. */
  readonly name: string;
  readonly roles: readonly string[];
  /** The sites whose data the person may see; `*`: all. */
  readonly sites: readonly string[];
  /** When the person proved to the issuer who they are, and how. */
  readonly authenticatedAt: string;
  readonly contextClass: string | null;
  readonly methods: readonly string[];
  /** The id of the session at the issuer, by which it announces its end; null where it states none. */
  readonly issuerSession: string | null;
  readonly startedAt: string;
  readonly lastSeenAt: string;
  /** The end, however much the session is used. */
  readonly expiresAt: string;
}

/** Which sessions to end. */
export type SessionSelection =
  | { readonly idHash: string }
  | { readonly issuer: string; readonly subject: string }
  | { readonly issuer: string; readonly issuerSession: string };

/** Sessions of people. A session that ended is removed. */
export interface PersonSessionStore {
  add(session: PersonSession): Promise<void>;
  find(idHash: string): Promise<PersonSession | undefined>;
  /** Records that the session was used. */
  touch(idHash: string, lastSeenAt: string): Promise<void>;
  /** Ends the selected sessions; returns their number. */
  end(selection: SessionSelection): Promise<number>;
  /** Lists all sessions, by start. */
  list(): Promise<readonly PersonSession[]>;
  /** Removes sessions that ended by themselves: expired, or not used since `idleSince`. */
  removeExpired(now: string, idleSince: string): Promise<void>;
}

/** A row of `person_session`. */
export interface PersonSessionRow {
  readonly id_hash: string;
  readonly issuer: string;
  readonly subject: string;
  readonly issuer_session: string | null;
  readonly started_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
  /** JSON: everything else. */
  readonly content: string;
}

/** Converts a session to the columns, in the order of PersonSessionRow. */
export function toSessionColumns(session: PersonSession): readonly (string | null)[] {
  const { idHash, issuer, subject, issuerSession, startedAt, lastSeenAt, expiresAt, ...content } = session;
  return [
    ...[idHash, issuer, subject, issuerSession, startedAt, lastSeenAt, expiresAt],
    JSON.stringify(content),
  ];
}

/** Converts a row to the session. */
export function toPersonSession(row: PersonSessionRow): PersonSession {
  return {
    idHash: row.id_hash,
    issuer: row.issuer,
    subject: row.subject,
    issuerSession: row.issuer_session,
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    ...(JSON.parse(row.content) as Omit<
      PersonSession,
      'idHash' | 'issuer' | 'subject' | 'issuerSession' | 'startedAt' | 'lastSeenAt' | 'expiresAt'
    >),
  };
}

/** Returns what a selection compares, null where it does not matter: id hash, issuer, subject, session at the issuer. */
export const listSelectionValues = (selection: SessionSelection): readonly (string | null)[] => [
  'idHash' in selection ? selection.idHash : null,
  'issuer' in selection ? selection.issuer : null,
  'subject' in selection ? selection.subject : null,
  'issuerSession' in selection ? selection.issuerSession : null,
];
