import fc, { type GeneratorValue } from 'fast-check';

/** Draws the parts of a random view or resource. */
export interface Draw {
  /** One of the choices, each as likely. */
  pick<T>(choices: readonly T[]): T;
  /** Whether something with a chance of `percent` happens. */
  happens(percent: number): boolean;
  /** A whole number from `from` to `to`. */
  count(from: number, to: number): number;
}

/** Each number as likely: without it, the first of a list of choices would be drawn most of the time. */
const buildInteger = (min: number, max: number) => fc.noBias(fc.integer({ min, max }));

/** Draws by the generator of a property, so that a run can be repeated by its seed. */
export function createDraw(generate: GeneratorValue): Draw {
  const count = (from: number, to: number): number => generate(buildInteger, from, to);
  return {
    count,
    happens: (percent) => count(1, 100) <= percent,
    pick(choices) {
      const choice = choices[count(0, choices.length - 1)];
      if (choice === undefined) throw new Error('There is nothing to choose from.');
      return choice;
    },
  };
}
