import type pg from 'pg';
import type { PooledConnection } from './connection.ts';
import type { SqlStatement } from './sql-statement.ts';
import { createUnreachableFailure } from './store-failure.ts';

/** What a statement may be given. */
export type StatementValue =
  | string
  | number
  | boolean
  | null
  | Buffer
  | readonly (string | number | boolean | null)[];

/** The statements of one transaction, in order. */
export interface Session {
  /** Runs a statement and returns its rows. */
  query<Row extends object>(
    statement: SqlStatement,
    values?: readonly StatementValue[],
  ): Promise<readonly Row[]>;
  /** Runs a statement and returns the number of rows that it changed. */
  change(statement: SqlStatement, values?: readonly StatementValue[]): Promise<number>;
  /**
   * Sends a statement without waiting for its result: what follows is sent behind it on the same connection. Its error
   * is thrown by the next statement that is waited for, at the latest by the commit.
   */
  send(statement: SqlStatement, values?: readonly StatementValue[]): void;
}

/** A session with what only the transaction around it may do. */
export interface TransactionSession extends Session {
  /** Runs text without parameters, such as BEGIN; returns the command that the server has run. */
  command(text: string): Promise<string>;
  /** Sends text without parameters, as `send` does. */
  sendCommand(text: string): void;
  /** Runs the text of a rollback, after which no error that happened before it counts. */
  rollback(text: string): Promise<void>;
}

/** Longer answers are not kept in memory. */
const MAX_REMEMBERED = 100;

/** Creates the session of a connection. */
export function createTransactionSession({ client, isLost }: PooledConnection): TransactionSession {
  let firstError: { readonly cause: unknown } | null = null;
  let lastSent: Promise<unknown> = Promise.resolve();
  /** Answers since the last write: other transactions cannot change what this one may read (see transaction-lanes.ts). */
  const answers = new Map<string, unknown[]>();
  let writes = 0;

  function forgetAnswers(): void {
    answers.clear();
    writes++;
  }

  /** Notes the first error: those after it only say that the transaction has failed. */
  function noteError(cause: unknown): void {
    firstError ??= { cause: isLost() ? createUnreachableFailure(cause) : cause };
  }

  async function run(config: pg.QueryConfig): Promise<pg.QueryResult> {
    try {
      const result = await client.query(config);
      // A statement before this one failed, and this one is not part of the transaction.
      if (firstError) throw firstError.cause;
      return result;
    } catch (cause) {
      noteError(cause);
      throw firstError?.cause ?? cause;
    }
  }

  function runStatement(
    { name, text, isRead }: SqlStatement,
    values: readonly StatementValue[] = [],
  ): Promise<pg.QueryResult> {
    if (!isRead) forgetAnswers();
    return run({ name, text, values: [...values] });
  }

  /** Reads rows, from memory where the same was read since the transaction wrote last: one resource asks several times. */
  async function read(statement: SqlStatement, values: readonly StatementValue[] = []): Promise<unknown[]> {
    const question = `${statement.name} ${JSON.stringify(values)}`;
    const known = answers.get(question);
    if (known) return known;
    const writesBefore = writes;
    const { rows } = await runStatement(statement, values);
    const isCurrent = statement.isRead && writes === writesBefore;
    if (isCurrent && rows.length <= MAX_REMEMBERED) answers.set(question, rows);
    return rows;
  }

  function sendWithoutWaiting(result: Promise<unknown>): void {
    // Its error was noted, and is thrown to whoever waits next.
    lastSent = result.catch(() => {});
  }

  return {
    query: async <Row>(statement: SqlStatement, values?: readonly StatementValue[]) =>
      (await read(statement, values)) as readonly Row[],
    change: async (statement, values) => (await runStatement(statement, values)).rowCount ?? 0,
    send: (statement, values) => sendWithoutWaiting(runStatement(statement, values)),
    command: async (text) => (await run({ text })).command,
    sendCommand: (text) => sendWithoutWaiting(run({ text })),
    async rollback(text) {
      forgetAnswers();
      try {
        await client.query(text);
        await lastSent;
      } catch (cause) {
        throw isLost() ? createUnreachableFailure(cause) : cause;
      }
      firstError = null;
    },
  };
}
