import { expect, test } from '@jest/globals';
import { medicationRoleSchema } from '../../../src/library/formats/field-schemas.ts';
import { protocolSchema } from '../../../src/library/formats/protocol-schema.ts';
import { INTERVAL_METHODS } from '../../../src/statistics/proportion-interval.ts';
import { MEDICATION_ROLES } from '../../../src/trial/facts.ts';

/** The formats import nothing of the tree, so they list these words again. */
test('the formats list the same medication roles as the facts', () => {
  expect(medicationRoleSchema.options).toEqual(MEDICATION_ROLES);
});

test('the formats list the same interval methods as the statistics', () => {
  expect(protocolSchema.in.shape.interval.shape.method.options).toEqual(INTERVAL_METHODS);
});
