import { z } from 'zod';
import { CRITERION_HEADS, type Criterion, criterionSchema } from './criterion-schema.ts';
import {
  citationSchema,
  defineList,
  defineObject,
  defineOptional,
  defineRule,
  defineWholeNumber,
  defineWord,
  medicationRoleSchema,
  textSchema,
} from './field-schemas.ts';
import type { Immutable } from './immutable.ts';
import { type ParseResult, parseDefinition } from './parse-definition.ts';

const classRuleSchema = defineObject({
  scope: defineWord(['overall', 'erythroid', 'neutrophil', 'platelet']),
  class: defineWord(['CR', 'PR']),
  paragraph: textSchema.meta({ description: 'The rule in the words of its source.' }),
  confirmationDays: defineOptional(defineWholeNumber(1)).meta({
    description: "Days to the confirming count where this class needs others than the set's.",
  }),
  when: criterionSchema,
}).meta({ description: 'A class, assigned where its criterion is met and that of no better class is.' });

const lateEventFields = {
  paragraph: textSchema.meta({ description: 'The rule in the words of its source.' }),
  source: citationSchema,
};

const lateEventSchema = defineObject(lateEventFields).meta({
  description: 'A rule for the time after the classes, in the words of its source.',
});

const relapseSchema = defineObject({
  ...lateEventFields,
  when: criterionSchema,
  newTreatment: defineOptional(medicationRoleSchema).meta({
    description:
      'A drug of this role must have been started again, as the protocol\'s censoring defines it, and the last count before it must meet "when". Left out: the counts alone decide.',
  }),
}).meta({ description: 'When a confirmed response is lost again: evaluated for each count after it.' });

const definitionsSchema = z.record(z.string(), criterionSchema, 'an object with names and their criteria');

const RULE_KEYS = ['classes', 'relapse', 'clonalEvolution'] as const;

const hasKey = (key: string) => ({ required: [key] });

/** The rule of the status in words of JSON Schema. */
const statusJsonSchema = {
  oneOf: [
    { properties: { status: { const: 'undefined' } }, not: { anyOf: RULE_KEYS.map(hasKey) } },
    { properties: { status: { const: 'defined' } }, anyOf: ['classes', 'definitions'].map(hasKey) },
  ],
};

/** The format of a file under `mappings/criteria`. */
export const criteriaSetSchema = defineObject({
  $schema: z.string('a text').optional(),
  id: textSchema,
  version: textSchema,
  title: textSchema,
  status: defineWord(['defined', 'undefined']).meta({
    description:
      'An undefined set always yields NE, with the reason criteria-set-undefined, and has no rules. A defined set may have definitions only (severity).',
  }),
  sources: defineList(citationSchema),
  notes: defineList(textSchema).optional(),
  confirmationDays: defineOptional(defineWholeNumber(1)).meta({
    description: 'Days between the first and the confirming count; left out: one count is enough.',
  }),
  definitions: definitionsSchema.optional(),
  classes: defineList(classRuleSchema)
    .optional()
    .meta({ description: 'Best class first within a scope. Where none is met, the class is NR.' }),
  relapse: defineOptional(relapseSchema),
  clonalEvolution: defineOptional(lateEventSchema),
})
  .check(
    defineRule((set, report) => {
      const rules = RULE_KEYS.filter((key) => (set[key] ?? null) !== null);
      if (set.status === 'undefined')
        for (const key of rules)
          report([key], `an undefined set has ${key}`, 'remove it, or set status to "defined"');
      else if (set.classes === undefined && set.definitions === undefined)
        report(
          [],
          'a defined set has neither classes nor definitions',
          'add them, or set status to "undefined"',
        );
    }),
  )
  .meta({
    title: 'A set of response or severity criteria',
    description:
      'The format of a file under mappings/criteria. `trial-adapter check` also checks the rules between places: references are defined and not circular.',
    ...statusJsonSchema,
  })
  .transform(({ $schema: _, notes = [], definitions = {}, classes = [], ...set }) => ({
    ...set,
    notes,
    definitions: new Map<string, Criterion>(Object.entries(definitions)),
    classes,
  }));

/**
 * A set of criteria. Best class first within a scope; `relapse` and `clonalEvolution` are null where no rule is stated,
 * and are then not assessed.
 */
export interface CriteriaSet extends Immutable<z.output<typeof criteriaSetSchema>> {}

/** One class of a scope: assigned where its criterion is met and that of no better class is. */
export type ClassRule = Immutable<z.output<typeof classRuleSchema>>;

/** A rule of a set for the time after the classes, in the words of its source. */
export type LateEventRule = Immutable<z.output<typeof lateEventSchema>>;

/** When a confirmed response is lost again. */
export type RelapseRule = Immutable<z.output<typeof relapseSchema>>;

/** Where a rule comes from, and how far its text was seen. */
export type Citation = Immutable<z.output<typeof citationSchema>>;

/** Checks a criteria file. Returns the set, or every problem with its JSON pointer; never throws. */
export function parseCriteriaSet(json: unknown, file: string): ParseResult<CriteriaSet> {
  return parseDefinition({ schema: criteriaSetSchema, unionHeads: CRITERION_HEADS }, json, file);
}
