import { computeLink, startChain, toTrailJson, WHOLE_STORE_CHAIN } from '../../../audit/audit-chain.ts';
import type { StoredAuditEntry, StoredAuditHead } from '../../../audit/audit-trail.ts';
import type { AuditLog } from '../../audit-log.ts';
import type { Database } from '../database.ts';

interface ChainEndRow {
  readonly seq: number;
  readonly link: Buffer;
}

function prepareStatements(db: Database) {
  return {
    last: db.prepare<[], ChainEndRow>('SELECT seq, link FROM audit_entry ORDER BY seq DESC LIMIT 1'),
    add: db.prepare('INSERT INTO audit_entry (seq, chain, entry, link) VALUES (?, ?, ?, ?)'),
    list: db.prepare<[number, number], StoredAuditEntry>(
      `SELECT chain, seq, entry, lower(hex(link)) AS link FROM audit_entry WHERE seq > ? ORDER BY seq LIMIT ?`,
    ),
    addHead: db.prepare('INSERT INTO audit_head (number, head) VALUES (?, ?)'),
    lastHead: db.prepare<[], StoredAuditHead>(
      'SELECT number, head FROM audit_head ORDER BY number DESC LIMIT 1',
    ),
    listHeads: db.prepare<[number, number], StoredAuditHead>(
      'SELECT number, head FROM audit_head WHERE number > ? ORDER BY number LIMIT ?',
    ),
  };
}

/**
 * Creates the audit trail on the tables `audit_entry` and `audit_head`. It remembers the end of the chain within one commit:
 * another process may have appended before it, and `forget` says that writes were undone.
 */
export function createSqliteAuditLog(db: Database): AuditLog & { forget(): void } {
  const statements = prepareStatements(db);
  let end: ChainEndRow | null = null;
  const readEnd = (): ChainEndRow => statements.last.get() ?? { seq: 0, link: startChain(WHOLE_STORE_CHAIN) };
  return {
    forget() {
      end = null;
    },
    async append(entry) {
      const before = end ?? readEnd();
      const text = toTrailJson(entry);
      const next = { seq: before.seq + 1, link: computeLink(before.link, text) };
      statements.add.run(next.seq, WHOLE_STORE_CHAIN, text, next.link);
      end = next;
    },
    async listChainEnds() {
      const last = statements.last.get();
      return last ? [{ chain: WHOLE_STORE_CHAIN, entries: last.seq, link: last.link.toString('hex') }] : [];
    },
    listEntries: async (chain, after, limit) =>
      chain === WHOLE_STORE_CHAIN ? statements.list.all(after, limit) : [],
    async addHead({ number, head }) {
      statements.addHead.run(number, head);
    },
    getLastHead: async () => statements.lastHead.get(),
    listHeads: async (after, limit) => statements.listHeads.all(after, limit),
  };
}
