const SELECT_DECISIONS = `SELECT '[' || coalesce(string_agg(d.decision, ',' ORDER BY d.seq), '') || ']'
  FROM work_decision d WHERE d.item = i.id`;

/** Selects items with their decisions and the resources that wait; a `WHERE` and `GROUP BY i.id` follow. */
export const SELECT_POSTGRES_ITEMS = `SELECT i.*, count(w.id)::integer AS waiting, min(w.type || '/' || w.id) AS example,
    (${SELECT_DECISIONS}) AS decisions
  FROM work_item i LEFT JOIN work_waiting w ON w.item = i.id`;

/** Adds a decision to those of an item. */
export const ADD_POSTGRES_DECISION = 'INSERT INTO work_decision (item, decision) VALUES ($1, $2)';

/** Releases all resources from an item. */
export const CLEAR_WAITING = 'DELETE FROM work_waiting WHERE item = $1';
