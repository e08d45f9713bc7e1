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

/** In an outline, `()` is `[]` and a parenthesis with content `[_]`. */
const EXISTS_TERM = /^([a-z]\w*(?:\.[a-z]\w*)*)\.exists\[\]$/;
/** Steps and filters of nothing are nothing, so the content of the filter is not asked for. */
const EMPTY_TERM = /^([a-z]\w*)(?:\.[a-z]\w*)*(?:\.where\[_\])?\.empty\[\]$/;

/**
 * Compiles an invariant to a test of what surely meets it. Known are `a.b.exists()`, `a.b.empty()` and
 * `a.b.where(…).empty()`, joined by `or`, on one or both sides of `implies` (which binds less than `or`: FHIRPath 2.0.0,
 * precedence).
 */
export function compileSureInvariant(expression: string): ValueTest {
  const parts = outlineExpression(expression).split(' implies ').map(compileDisjunction);
  const [first, second] = parts;
  if (!first || parts.length > 2) return isNeverSure;
  return second ? (value) => first.isFalse(value) || second.isTrue(value) : first.isTrue;
}

/** Replaces what is in quotes and parentheses, so that only operators outside of them are left; empty for other notation. */
function outlineExpression(expression: string): string {
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

function compileTerm(outline: string): SureTerm {
  const path = EXISTS_TERM.exec(outline)?.[1]?.split('.');
  const name = path?.[0] ?? EMPTY_TERM.exec(outline)?.[1];
  if (name === undefined) return { isTrue: isNeverSure, isFalse: isNeverSure };
  const isNothing: ValueTest = (value) => isAbsent(value, name);
  if (!path) return { isTrue: isNothing, isFalse: isNeverSure };
  return { isTrue: (value) => hasValue(value, path, 0), isFalse: isNothing };
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
