import { userInfo } from 'node:os';
import { Failure } from '../errors.ts';
import type { Decider } from '../service.ts';

/** The options of a command that records a person's decision. */
export interface DecisionOptions {
  readonly by?: string;
  readonly why?: string;
}

/** Resolves the person who decides: the name given with --by, else the user of the system. Throws `cli/usage`. */
export function resolveDecider({ by, why }: DecisionOptions): Decider {
  const name = by?.trim() ?? getSystemUser();
  if (name === '')
    throw new Failure('cli/usage', 'A decision needs the name of the person who decides.', {
      at: '--by',
      fix: 'State your name.',
    });
  return { by: name, why: why?.trim() || null };
}

/** Returns the user's name; empty in a container that runs under a number without a name. */
function getSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
