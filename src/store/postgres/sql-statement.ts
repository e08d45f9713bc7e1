import { createHash } from 'node:crypto';

/** A statement that each connection prepares once, under its name. */
export interface SqlStatement {
  readonly name: string;
  readonly text: string;
}

/** Names a statement by its text, so that one name always has one text. */
export const prepareSql = (text: string): SqlStatement => ({
  name: createHash('sha256').update(text).digest('hex').slice(0, 20),
  text,
});
