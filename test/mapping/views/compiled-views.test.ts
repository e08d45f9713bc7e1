import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringifyJson } from '../../../src/fhir/lossless-json.ts';
import { compileTwice, findEvaluatorDifference } from './compare-evaluators.ts';
import { createDraw } from './draw.ts';
import { DRAWN_RESOURCE_TYPES, drawResource } from './draw-resource.ts';
import { drawView } from './draw-view.ts';

/** Pairs of a view and a resource; a view is drawn once for several resources, as parsing it takes longest. */
const PAIRS = Number(process.env.VIEW_PAIRS ?? 1_500);
const RESOURCES_PER_VIEW = 10;
/** The same pairs each time; another number draws others. */
const SEED = Number(process.env.VIEW_SEED ?? 1);

test('a compiled view and the engine say the same of any resource', () => {
  fc.assert(
    fc.property(fc.gen(), (generate) => {
      const draw = createDraw(generate);
      const type = draw.pick(DRAWN_RESOURCE_TYPES);
      const view = drawView(draw, type);
      const pair = compileTwice(view);
      if (!pair) return;
      for (let i = 0; i < RESOURCES_PER_VIEW; i++) {
        const resource = drawResource(draw, type);
        const { text } = findEvaluatorDifference(pair, resource);
        if (text !== null) throw new Error(`${stringifyJson(view)}\n${stringifyJson(resource)}\n${text}`);
      }
    }),
    { numRuns: Math.ceil(PAIRS / RESOURCES_PER_VIEW), seed: SEED, endOnFailure: true },
  );
  expect.assertions(0);
});
