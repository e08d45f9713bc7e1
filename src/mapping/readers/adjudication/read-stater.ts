import type { Stater } from '../../../trial/adjudication/person-statement.ts';
import type { ViewRow } from '../../view/view-row.ts';
import { readText } from '../row-columns.ts';

/**
 * Reads who stated something from the columns `{prefix}_display`, `_system`, `_value` (identifier) and `_reference`; null where
 * nobody is named. The name is the display, else the identifier, else the reference.
 */
export function readStater(row: ViewRow, prefix: string): Stater | null {
  const value = readText(row, `${prefix}_value`);
  const system = readText(row, `${prefix}_system`);
  const reference = readText(row, `${prefix}_reference`);
  const identifier = value === null ? reference : system === null ? value : `${system}|${value}`;
  const name = readText(row, `${prefix}_display`) ?? value ?? reference;
  return name === null ? null : { name: name.trim(), identifier };
}
