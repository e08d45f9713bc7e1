import { createHash } from 'node:crypto';

/** A statement that each connection prepares once, under its name. */
export interface SqlStatement {
  readonly name: string;
  readonly text: string;
  /** Whether it reads rows and does nothing else, so that its answer is the same until the transaction writes. */
  readonly isRead: boolean;
}

const HAS_EFFECT = /^(?!SELECT )|^SELECT (pg_|set_config)|FOR UPDATE/;

/** Names a statement by its text, so that one name always has one text. */
export const prepareSql = (text: string): SqlStatement => ({
  name: createHash('sha256').update(text).digest('hex').slice(0, 20),
  text,
  isRead: !HAS_EFFECT.test(text),
});
