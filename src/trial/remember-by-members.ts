/** What a function was given and what it returned. */
interface RememberedCall<M, C, R> {
  readonly members: readonly M[];
  readonly context: C;
  readonly result: R;
}

function hasSameMembers(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Remembers the last result of a pure function for each list by its first member, as long as that is in use: where the list has
 * the same members and everything else is the same, the result is the same object. Members are compared by identity: a
 * fact that was parsed again counts as another one. After a new result, only what depends on it is derived again. An empty list is not
 * remembered.
 */
export function rememberByMembers<M extends object, C extends readonly unknown[], R>(
  derive: (members: readonly M[], ...context: C) => R,
): (members: readonly M[], ...context: C) => R {
  const known = new WeakMap<M, RememberedCall<M, C, R>>();
  return (members, ...context) => {
    const [first] = members;
    if (first === undefined) return derive(members, ...context);
    const last = known.get(first);
    if (last && hasSameMembers(last.members, members) && hasSameMembers(last.context, context))
      return last.result;
    const result = derive(members, ...context);
    known.set(first, { members, context, result });
    return result;
  };
}
