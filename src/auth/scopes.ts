/** What a request does to resources of a type: the letters of SMART App Launch 2.2, scopes. */
export type ScopeAction = 'c' | 'r' | 'u' | 'd' | 's';

/** The right to act on resources of a type, or (`*`) of every type except ResearchSubject. */
export interface SystemScope {
  readonly type: string;
  /** Some of `cruds`, in this order. */
  readonly actions: string;
}

/** Whoever may write it may enrol, and so make the adapter open what is sealed. No wildcard contains this right. */
export const ENROLMENT_TYPE = 'ResearchSubject';

const ALL_ACTIONS = 'cruds';

const SCOPE_PATTERN = /^system\/(\*|[A-Z][A-Za-z]{1,63})\.((?=[cruds])c?r?u?d?s?|read|write|\*)$/;

/** Scopes of SMART version 1, and what they mean in version 2 (SMART App Launch 2.2, scopes for version 1). */
const VERSION_1_ACTIONS: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': ALL_ACTIONS };

/** Parses one scope; null for anything that is no system scope, for letters in another order, and for search parameters. */
export function parseScope(text: string): SystemScope | null {
  const [, type, letters] = SCOPE_PATTERN.exec(text) ?? [];
  if (type === undefined || letters === undefined) return null;
  return { type, actions: VERSION_1_ACTIONS[letters] ?? letters };
}

/** Formats scopes as in a token: of version 2, separated by spaces. */
export const formatScopes = (scopes: readonly SystemScope[]): string =>
  scopes.map(({ type, actions }) => `system/${type}.${actions}`).join(' ');

const containsType = ({ type }: SystemScope, wanted: string): boolean =>
  type === wanted || (type === '*' && wanted !== ENROLMENT_TYPE);

/** Whether one of the scopes permits the action on resources of the type. */
export const isPermitted = (scopes: readonly SystemScope[], type: string, action: ScopeAction): boolean =>
  scopes.some((scope) => scope.actions.includes(action) && containsType(scope, type));

/** Whether one of the scopes permits to write anything. */
export const mayWrite = (scopes: readonly SystemScope[]): boolean =>
  scopes.some(({ actions }) => /[cud]/.test(actions));

/** Returns the narrower of two types; null where they have nothing in common. */
function narrowTypes(requested: SystemScope, registered: SystemScope): string | null {
  if (containsType(registered, requested.type)) return requested.type;
  return containsType(requested, registered.type) ? registered.type : null;
}

/** Returns what both lists permit: what is granted of what was requested, given what a client is registered for. */
export function narrowScopes(
  requested: readonly SystemScope[],
  registered: readonly SystemScope[],
): readonly SystemScope[] {
  const granted = new Map<string, string>();
  for (const wanted of requested) {
    for (const allowed of registered) {
      const type = narrowTypes(wanted, allowed);
      if (type === null) continue;
      const common = [...wanted.actions].filter((letter) => allowed.actions.includes(letter));
      const letters = new Set([...(granted.get(type) ?? ''), ...common]);
      const actions = [...ALL_ACTIONS].filter((letter) => letters.has(letter)).join('');
      if (actions !== '') granted.set(type, actions);
    }
  }
  return [...granted].map(([type, actions]) => ({ type, actions }));
}
