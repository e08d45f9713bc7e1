import {
  type DecisionLog,
  type DecisionRow,
  toDecisionColumns,
  toLoggedDecision,
} from '../../decision-log.ts';
import type { Database } from '../database.ts';

const LIST = `SELECT * FROM decision_log WHERE (@kind IS NULL OR kind = @kind) AND (@record IS NULL OR record = @record)
    AND (@sites IS NULL OR site IN (SELECT value FROM json_each(@sites))) AND seq > @after
  ORDER BY seq LIMIT @limit`;

const LIST_OF_RECORD =
  'SELECT * FROM decision_log WHERE kind = @kind AND record = @record AND seq > @after ORDER BY seq LIMIT @limit';

/** Creates the history of decisions on the table `decision_log`. */
export function createSqliteDecisionLog(db: Database): DecisionLog {
  const insert = db.prepare('INSERT INTO decision_log (kind, record, site, content) VALUES (?, ?, ?, ?)');
  const list = db.prepare<[object], DecisionRow>(LIST);
  // With constants for what is left out, the index would not be used: facts are checked by it.
  const listOfRecord = db.prepare<[object], DecisionRow>(LIST_OF_RECORD);
  return {
    async add(decision) {
      insert.run(...toDecisionColumns(decision));
    },
    async list({ kind = null, record = null, sites, after = 0, limit = -1 }) {
      const values = { kind, record, after, limit };
      const isOfRecord = kind !== null && record !== null && sites === undefined;
      const rows = isOfRecord
        ? listOfRecord.all(values)
        : list.all({ ...values, sites: sites === undefined ? null : JSON.stringify(sites) });
      return rows.map(toLoggedDecision);
    },
  };
}
