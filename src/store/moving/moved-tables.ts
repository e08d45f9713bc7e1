/**
 * How the values of a column are stored: `list` is a list of texts, `bytes` anything. `body`: text, or the bytes of an encrypted
 * text, which PostgreSQL has in base64.
 */
export type ColumnType = 'text' | 'body' | 'integer' | 'bigint' | 'boolean' | 'bytes' | 'list';

/** A table of PostgreSQL, and where its rows are in SQLite. */
export interface MovedTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** The columns by which rows are known and ordered. */
  readonly key: readonly string[];
  /** What follows FROM in SQLite. */
  readonly source: string;
  /** The expressions of columns that have another name in SQLite, or belong to another table there. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** The sequence that continues after the numbers of the rows, which are their key. */
  readonly sequence?: string;
}

const listTexts = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, 'text' as const]));

/** The columns that name a resource, which SQLite keeps in one table. */
const RESOURCE = { site: 'r.site', type: 'r.type', id: 'r.id' };

/** Every table with data, in an order in which each refers only to those before it. */
export const MOVED_TABLES: readonly MovedTable[] = [
  {
    name: 'subject',
    columns: {
      ...listTexts('study', 'subject', 'site', 'enrolled_on', 'consented_on', 'status'),
      mark: 'integer',
      assessed_mark: 'integer',
    },
    key: ['study', 'subject'],
    source: 'subject t',
    renamed: { assessed_mark: 't.judged_mark' },
  },
  {
    name: 'subject_key',
    columns: { id: 'bigint', ...listTexts('study', 'subject'), wrapped: 'bytes' },
    key: ['id'],
    // A key that was destroyed belongs to nobody.
    source: '(SELECT * FROM subject_key WHERE study IS NOT NULL) t',
    sequence: 'subject_key_id_seq',
  },
  {
    name: 'resource_version',
    columns: {
      ...{ seq: 'bigint', ...listTexts('site', 'type', 'id'), version: 'integer' },
      ...listTexts('sender_version', 'sender_updated', 'received_at', 'door', 'fhir_version', 'digest'),
      ...{
        body: 'body',
        subject_key: 'bigint',
        ...listTexts('retention', 'disposition'),
        is_current: 'boolean',
      },
    },
    key: ['seq'],
    source: 'resource_version t JOIN resource r ON r.key = t.resource',
    renamed: { ...RESOURCE, is_current: 't.in_force' },
    sequence: 'resource_version_seq',
  },
  {
    name: 'repeated_version',
    columns: {
      ...listTexts('site', 'type', 'id'),
      ...{ version: 'integer', repeats: 'integer', last_at: 'text' },
    },
    key: ['site', 'type', 'id', 'version'],
    source: 'repeated_version t JOIN resource r ON r.key = t.resource',
    renamed: RESOURCE,
  },
  {
    name: 'postponed',
    columns: { seq: 'bigint', ...listTexts('site', 'type', 'id') },
    key: ['seq'],
    source: 'postponed t',
    sequence: 'postponed_seq_seq',
  },
  {
    name: 'resource_identifier',
    columns: listTexts('site', 'type', 'identifier', 'id'),
    key: ['site', 'type', 'identifier', 'id'],
    source: 'resource_identifier t JOIN resource r ON r.key = t.resource',
    renamed: { id: 'r.id' },
  },
  {
    name: 'resource_reference',
    columns: listTexts('site', 'target', 'type', 'id'),
    key: ['site', 'target', 'type', 'id'],
    source: 'resource_reference t JOIN resource r ON r.key = t.resource',
    renamed: { type: 'r.type', id: 'r.id' },
  },
  {
    name: 'fact',
    columns: {
      ...{ ...listTexts('site', 'type', 'id', 'study', 'subject'), position: 'integer' },
      ...listTexts('fact_key', 'day', 'fact'),
    },
    key: ['site', 'type', 'id', 'study', 'subject', 'position'],
    source: 'statement t JOIN resource r ON r.key = t.resource',
    renamed: RESOURCE,
  },
  {
    name: 'work_item',
    columns: {
      ...listTexts('id', 'site', 'reason', 'topic', 'element', 'detail', 'fix', 'waits_for', 'status'),
      ...listTexts('first_seen', 'last_seen', 'about', 'concerns', 'study', 'subject', 'kind', 'sources'),
      ...listTexts('choices', 'basis', 'settled_basis'),
    },
    key: ['id'],
    source: 'work_item t',
  },
  {
    name: 'work_waiting',
    columns: listTexts('item', 'site', 'type', 'id'),
    key: ['item', 'site', 'type', 'id'],
    source: 'work_waiting t',
  },
  {
    name: 'work_decision',
    columns: { seq: 'bigint', ...listTexts('item', 'decision') },
    key: ['seq'],
    source: 'work_decision t',
    sequence: 'work_decision_seq_seq',
  },
  {
    name: 'enrolment_identifier',
    columns: listTexts('site', 'identifier', 'study', 'subject', 'source'),
    key: ['site', 'identifier', 'study', 'subject', 'source'],
    source: 'subject_patient t',
    renamed: { identifier: 't.patient' },
  },
  {
    name: 'identifier_link',
    columns: {
      ...listTexts('site', 'identifier', 'study', 'subject'),
      is_current: 'boolean',
      is_replaced: 'boolean',
    },
    key: ['site', 'identifier', 'study', 'subject'],
    source: 'patient_name t',
    renamed: { identifier: 't.name', is_current: 't.is_his', is_replaced: 't.is_retired' },
  },
  {
    name: 'contested_identifier',
    columns: { ...listTexts('site', 'identifier', 'patient_hash'), is_sealed: 'boolean' },
    key: ['site', 'identifier', 'patient_hash'],
    source: 'contested_identifier t',
  },
  {
    name: 'assessment',
    columns: listTexts('study', 'subject', 'made_at', 'assessment', 'rules', 'as_of', 'unchanged_until'),
    key: ['study', 'subject'],
    source: 'judgement t',
    renamed: { assessment: 't.judgement' },
  },
  {
    name: 'outbox',
    columns: {
      ...listTexts('site', 'identifier', 'study', 'subject', 'type', 'resource', 'provenance'),
      ...{ generation: 'integer', state: 'text', attempts: 'integer', next_attempt_at: 'text' },
      ...listTexts('last_error', 'failure_code', 'failing_since', 'location', 'seen', 'owed_at'),
      ...{ handed_out: 'integer', said: 'list' },
    },
    key: ['site', 'identifier'],
    source: 'outbox t',
  },
  { name: 'paused_site', columns: listTexts('site'), key: ['site'], source: 'paused_site t' },
  {
    name: 'sealed',
    columns: {
      ...{ seq: 'bigint', ...listTexts('site', 'resource_hash', 'content_hash'), ciphertext: 'bytes' },
      ...{ wrapped_key: 'bytes', ...listTexts('received_at', 'destroy_after') },
    },
    key: ['seq'],
    source: 'sealed t LEFT JOIN sealed_key k ON k.id = t.sealed_key',
    renamed: { wrapped_key: 'k.wrapped' },
    sequence: 'sealed_seq_seq',
  },
  {
    name: 'sealed_patient',
    columns: { ...listTexts('site', 'patient_hash'), seq: 'bigint' },
    key: ['site', 'patient_hash', 'seq'],
    source: 'sealed_patient t',
  },
  {
    name: 'decision_log',
    columns: { seq: 'bigint', ...listTexts('kind', 'record', 'site', 'content') },
    key: ['seq'],
    source: 'decision_log t',
    sequence: 'decision_log_seq_seq',
  },
  {
    name: 'shared_value',
    columns: listTexts('name', 'value'),
    key: ['name'],
    source: 'note t',
  },
  {
    name: 'used_assertion',
    columns: listTexts('issuer', 'jti', 'until'),
    key: ['issuer', 'jti'],
    source: 'used_assertion t',
  },
  { name: 'erased_person', columns: listTexts('hash'), key: ['hash'], source: 'erased_person t' },
  { name: 'erased_work_item', columns: listTexts('id'), key: ['id'], source: 'erased_work_item t' },
  {
    name: 'erasure',
    columns: { seq: 'bigint', ...listTexts('record') },
    key: ['seq'],
    source: 'erasure t',
    sequence: 'erasure_seq_seq',
  },
  {
    name: 'audit_entry',
    columns: { chain: 'text', seq: 'bigint', entry: 'text', link: 'bytes' },
    key: ['chain', 'seq'],
    source: 'audit_entry t',
  },
  {
    name: 'audit_head',
    columns: { number: 'bigint', head: 'text' },
    key: ['number'],
    source: 'audit_head t',
  },
];
