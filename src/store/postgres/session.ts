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

/** Creates the session of a connection. */
export function createTransactionSession({ client, isLost }: PooledConnection): TransactionSession {
  let firstError: { readonly cause: unknown } | null = null;
  let lastSent: Promise<unknown> = Promise.resolve();

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

  const runStatement = ({ name, text }: SqlStatement, values: readonly StatementValue[] = []) =>
    run({ name, text, values: [...values] });

  function sendWithoutWaiting(result: Promise<unknown>): void {
    // Its error was noted, and is thrown to whoever waits next.
    lastSent = result.catch(() => {});
  }

  return {
    query: async <Row>(statement: SqlStatement, values?: readonly StatementValue[]) =>
      (await runStatement(statement, values)).rows as readonly Row[],
    change: async (statement, values) => (await runStatement(statement, values)).rowCount ?? 0,
    send: (statement, values) => sendWithoutWaiting(runStatement(statement, values)),
    command: async (text) => (await run({ text })).command,
    sendCommand: (text) => sendWithoutWaiting(run({ text })),
    async rollback(text) {
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
