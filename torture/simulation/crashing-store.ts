import type { Store } from '../../src/store/store.ts';

/** The end of a simulated process: nothing that it had in memory is left. */
export class Crash extends Error {
  constructor() {
    super('The process ended.');
  }
}

/** When a process ends: at the n-th transaction from now, before its commit, or after it and before anybody hears of it. */
export interface CrashPlan {
  readonly transaction: number;
  readonly at: 'before-commit' | 'after-commit';
}

/** Undoes a transaction and carries its result: an answer that was given too early. */
class AnsweredEarly extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('The answer was given before the commit.');
    this.result = result;
  }
}

/**
 * Wraps a store so that the process ends as planned. After that, every call of the process fails. With `answersEarly`, the
 * planned transaction is answered and not stored, as by a store that does not wait for its commit.
 */
export function createCrashingStore(store: Store, plan: CrashPlan | null, answersEarly: boolean): Store {
  let left = plan?.transaction ?? Number.POSITIVE_INFINITY;
  let isEnded = false;
  const end = (): never => {
    isEnded = true;
    throw new Crash();
  };

  const answerEarly: Store['transaction'] = async (work, scope) => {
    try {
      return await store.transaction(async (tx) => {
        throw new AnsweredEarly(await work(tx));
      }, scope);
    } catch (cause) {
      if (!(cause instanceof AnsweredEarly)) throw cause;
      isEnded = true;
      return cause.result as never;
    }
  };

  return {
    ...store,
    read: (work) => (isEnded ? Promise.reject(new Crash()) : store.read(work)),
    async transaction(work, scope) {
      if (isEnded) throw new Crash();
      left -= 1;
      if (left > 0) return store.transaction(work, scope);
      if (answersEarly) return answerEarly(work, scope);
      if (plan?.at === 'before-commit')
        return store.transaction(async (tx) => {
          await work(tx);
          return end();
        }, scope);
      await store.transaction(work, scope);
      return end();
    },
  };
}
