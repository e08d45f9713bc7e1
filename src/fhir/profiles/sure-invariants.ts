import { isObject } from '../resource.ts';

/*
 * Invariants of profiles are FHIRPath, which an engine evaluates. Most ask which elements are sent, and most resources
 * meet them plainly: `reference.exists() or identifier.value.exists()` is true for every resource with a reference. Plain
 * cases are decided here; of others, and of expressions in another form, nothing is sure.
 */

type ValueTest = (value: unknown) => boolean;

/** When a term is surely true, and when it is surely false. */
interface SureTerm {
  readonly isTrue: ValueTest;
  readonly isFalse: ValueTest;
}

const isNeverSure: ValueTest = () => false;

/**
 * Compiles an invariant to a test of what surely meets it. Known are `a.b.exists()`, `a.b.empty()` and
 * `a.b.where(…).empty()`, joined by `or`, on one or both sides of `implies` (which binds less than `or`: FHIRPath 2.0.0,
 * precedence).
 */
export function compileSureInvariant(expression: string): ValueTest {
  const parts = abbreviateExpression(expression).split(' implies ').map(compileDisjunction);
  const [first, second] = parts;
  if (!first || parts.length > 2) return isNeverSure;
  return second ? (value) => first.isFalse(value) || second.isTrue(value) : first.isTrue;
}

/**
 * Replaces what is in quotes and parentheses, so that only operators outside of them are left: `()` becomes `[]`, any other
 * parenthesis `[_]`. Empty for notation that is not known here.
 */
function abbreviateExpression(expression: string): string {
  let outline = expression.replace(/'[^'\\]*'/g, '_');
  if (/[\\'"`/[\]]/.test(outline)) return '';
  while (/\([^()]*\)/.test(outline))
    outline = outline.replace(/\(([^()]*)\)/g, (_all, content: string) => (content === '' ? '[]' : '[_]'));
  return outline;
}

function compileDisjunction(outline: string): SureTerm {
  const terms = outline.split(' or ').map(compileTerm);
  return {
    isTrue: (value) => terms.some(({ isTrue }) => isTrue(value)),
    isFalse: (value) => terms.every(({ isFalse }) => isFalse(value)),
  };
}

const NEVER_SURE: SureTerm = { isTrue: isNeverSure, isFalse: isNeverSure };

const isElementName = (step: string): boolean => /^[a-z]\w*$/.test(step);

function compileTerm(outline: string): SureTerm {
  const steps = outline.split('.');
  const last = steps.pop();
  // Filters and steps of nothing are nothing, whatever they ask for.
  if (last === 'empty[]' && steps.at(-1) === 'where[_]') steps.pop();
  const [name] = steps;
  if (name === undefined || !steps.every(isElementName)) return NEVER_SURE;
  const isNothing: ValueTest = (value) => isAbsent(value, name);
  if (last === 'exists[]') return { isTrue: (value) => hasValue(value, steps, 0), isFalse: isNothing };
  return last === 'empty[]' ? { isTrue: isNothing, isFalse: isNeverSure } : NEVER_SURE;
}

/** Whether a value is sent at the path, in any item of the lists on it. */
function hasValue(value: unknown, path: readonly string[], from: number): boolean {
  if (Array.isArray(value)) return value.some((item) => hasValue(item, path, from));
  const name = path[from];
  if (name === undefined) return value !== undefined && value !== null;
  return isObject(value) && hasValue(value[name], path, from + 1);
}

const UNDERSCORE = 0x5f;

/** Whether neither the element is sent nor what may belong to it: `valueQuantity` to `value`, or `_value`. */
function isAbsent(value: unknown, name: string): boolean {
  if (!isObject(value)) return false;
  for (const key in value) if (key.startsWith(name, key.charCodeAt(0) === UNDERSCORE ? 1 : 0)) return false;
  return true;
}
