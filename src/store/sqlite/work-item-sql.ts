const SELECT_DECISIONS = `SELECT json_group_array(json(d.decision) ORDER BY d.seq)
  FROM work_decision d WHERE d.item = i.id`;

/** Adds a decision to those of an item. */
export const ADD_DECISION = 'INSERT INTO work_decision (item, decision) VALUES (?, ?)';

/** Selects items with their decisions and the resources that wait; a `WHERE` and `GROUP BY i.id` follow. */
export const SELECT_ITEMS = `SELECT i.*, count(w.id) AS waiting, min(w.type || '/' || w.id) AS example,
    (${SELECT_DECISIONS}) AS decisions
  FROM work_item i LEFT JOIN work_waiting w ON w.item = i.id`;
