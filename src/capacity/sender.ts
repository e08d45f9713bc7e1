/** A push that a hospital sends: when its results were there, in seconds of the simulation. */
export interface Push {
  readonly hospital: number;
  readonly created: number;
  /** When an instance accepted it; it is sent again after a refusal. */
  accepted: number;
}

/** A hospital's interface engine: it sends in order, and holds back what it may not send yet. */
export interface Sender {
  readonly waiting: PushLine;
  underWay: number;
  /** Refusals in a row: each doubles the time until the next try. */
  failures: number;
  isBackingOff: boolean;
}

/** Pushes in order, first in, first out. */
export interface PushLine {
  add(push: Push): void;
  /** Puts pushes that were under way back to the front, in their order. */
  putBack(pushes: readonly Push[]): void;
  take(): Push | undefined;
  readonly length: number;
}

/** Taken pushes are removed from the list in one go, since removing each moves all others. */
const MOST_TAKEN = 1_024;

/** Creates an empty line. */
export function createPushLine(): PushLine {
  let pushes: Push[] = [];
  let taken = 0;
  return {
    get length() {
      return pushes.length - taken;
    },
    add(push) {
      pushes.push(push);
    },
    putBack(returned) {
      pushes = [...returned, ...pushes.slice(taken)];
      taken = 0;
    },
    take() {
      const push = pushes[taken];
      if (push === undefined) return undefined;
      taken += 1;
      if (taken === pushes.length || (taken > MOST_TAKEN && taken * 2 > pushes.length)) {
        pushes = pushes.slice(taken);
        taken = 0;
      }
      return push;
    },
  };
}

/** Creates the interface engine of a hospital. */
export const createSender = (): Sender => ({
  waiting: createPushLine(),
  underWay: 0,
  failures: 0,
  isBackingOff: false,
});
