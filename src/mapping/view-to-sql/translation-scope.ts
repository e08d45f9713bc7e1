import type { Model } from 'fhirpath';
import type { Failure } from '../../errors.ts';
import { createViewFailure } from '../view/view-definition.ts';
import type { NameVariable, SqlChoice, SqlItems } from './sql-items.ts';

/** What the expressions of one view share while they are translated. */
export interface TranslationScope {
  readonly model: Model;
  /** The resource type of the view. */
  readonly resource: string;
  /** The view's constants by name, as SQL literals. */
  readonly constants: ReadonlyMap<string, SqlItems>;
  readonly nameVariable: NameVariable;
  /** The place of the expression in the view, for failures. */
  readonly at: string;
}

const SUBSET_FIX = 'Change the expression, or leave the view out and name the others with --view.';

/** Creates the failure of an expression that cannot be translated to SQL with the same result. */
export function createUntranslatableFailure(
  { at }: Pick<TranslationScope, 'at'>,
  problem: string,
  fix = SUBSET_FIX,
): Failure {
  return createViewFailure(`${problem} It cannot be translated to SQL.`, at, fix);
}

/** Requires one type of a choice element. */
export function requireItems(items: SqlItems | SqlChoice, scope: TranslationScope): SqlItems {
  if (!('suffixes' in items)) return items;
  const fix = `Name the type: ${items.name}.ofType(…).`;
  throw createUntranslatableFailure(scope, `"${items.name}" may have one of several types.`, fix);
}
