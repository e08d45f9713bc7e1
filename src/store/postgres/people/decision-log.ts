import {
  type DecisionLog,
  type DecisionRow,
  toDecisionColumns,
  toLoggedDecision,
} from '../../decision-log.ts';
import type { Session } from '../session.ts';
import { prepareSql } from '../sql-statement.ts';

const ADD = prepareSql('INSERT INTO decision_log (kind, record, site, content) VALUES ($1, $2, $3, $4)');

const LIST =
  prepareSql(`SELECT seq, kind, record, site, content FROM decision_log WHERE ($1::text IS NULL OR kind = $1)
    AND ($2::text IS NULL OR record = $2) AND ($3::text[] IS NULL OR site = ANY ($3)) AND seq > $4
  ORDER BY seq LIMIT $5`);

/** Creates the history of decisions on the table `decision_log`. */
export function createPostgresDecisionLog(session: Session): DecisionLog {
  return {
    add: async (decision) => session.send(ADD, toDecisionColumns(decision)),
    async list({ kind = null, record = null, sites, after = 0, limit }) {
      const values = [kind, record, sites ?? null, after, limit ?? null];
      return (await session.query<DecisionRow>(LIST, values)).map(toLoggedDecision);
    },
  };
}
