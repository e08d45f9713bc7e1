import { CHAIN_PREFIX, type ChainEnd, toTrailJson, WHOLE_STORE_CHAIN } from '../../../audit/audit-chain.ts';
import type { StoredAuditEntry, StoredAuditHead } from '../../../audit/audit-trail.ts';
import type { AuditLog } from '../../audit-log.ts';
import type { TransactionScope } from '../../store.ts';
import { buildLockKey } from '../advisory-locks.ts';
import type { Session } from '../session.ts';
import { prepareSql } from '../sql-statement.ts';

/** The entries that a transaction will append before it commits. */
export interface AuditBuffer {
  readonly entries: string[];
}

/** The next link is computed by the server: nothing needs to be read first, and nobody waits for an answer. */
const APPEND = prepareSql(`INSERT INTO audit_entry (chain, seq, entry, link)
  SELECT $1, coalesce(last.seq, 0) + 1, $2,
    sha256(coalesce(last.link, sha256(convert_to($3 || $1, 'UTF8'))) || convert_to($2, 'UTF8'))
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (SELECT seq, link FROM audit_entry WHERE chain = $1 ORDER BY seq DESC LIMIT 1) AS last ON true`);

const LOCK = prepareSql('SELECT pg_advisory_xact_lock($1, $2)');

const LIST_ENDS =
  prepareSql(`SELECT DISTINCT ON (chain) chain, seq::float8 AS entries, encode(link, 'hex') AS link
  FROM audit_entry ORDER BY chain, seq DESC`);

const LIST = prepareSql(`SELECT chain, seq::float8 AS seq, entry, encode(link, 'hex') AS link FROM audit_entry
  WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3`);

const ADD_HEAD = prepareSql('INSERT INTO audit_head (number, head) VALUES ($1, $2)');

const LAST_HEAD = prepareSql(
  'SELECT number::float8 AS number, head FROM audit_head ORDER BY audit_head.number DESC LIMIT 1',
);

const LIST_HEADS = prepareSql(`SELECT number::float8 AS number, head FROM audit_head
  WHERE audit_head.number > $1 ORDER BY audit_head.number LIMIT $2`);

/**
 * Appends what the transaction has buffered to the chain of its scope. Nothing else may follow but the commit: transactions
 * about single subjects of one site wait here for each other, and would block each other if one took more locks after this.
 */
export function appendBuffered(
  session: Session,
  scope: TransactionScope | null,
  { entries }: AuditBuffer,
): void {
  if (entries.length === 0) return;
  const chain = scope?.site ?? WHOLE_STORE_CHAIN;
  if (scope?.part === 'site-subject') session.send(LOCK, buildLockKey('chain', chain));
  for (const entry of entries) session.send(APPEND, [chain, entry, CHAIN_PREFIX]);
}

/** Creates the audit trail on the tables `audit_entry` and `audit_head`. What is appended is read after the commit. */
export function createPostgresAuditLog(session: Session, buffer: AuditBuffer): AuditLog {
  return {
    async append(entry) {
      buffer.entries.push(toTrailJson(entry));
    },
    listChainEnds: () => session.query<ChainEnd>(LIST_ENDS),
    listEntries: (chain, after, limit) => session.query<StoredAuditEntry>(LIST, [chain, after, limit]),
    addHead: async ({ number, head }) => session.send(ADD_HEAD, [number, head]),
    getLastHead: async () => (await session.query<StoredAuditHead>(LAST_HEAD))[0],
    listHeads: (after, limit) => session.query<StoredAuditHead>(LIST_HEADS, [after, limit]),
  };
}
