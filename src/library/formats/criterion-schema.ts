import { z } from 'zod';
import {
  analyteSchema,
  decimalSchema,
  defineExactlyOne,
  defineList,
  defineObject,
  defineOptional,
  defineWholeNumber,
  defineWord,
  flagSchema,
  textSchema,
} from './field-schemas.ts';
import type { Immutable } from './immutable.ts';

/**
 * The criterion expression. In a file one key heads each expression (`{"count": "anc", "op": ">", "value": "0.5"}`);
 * the engine reads a union discriminated by `kind`. The transforms below are the only difference.
 */

/** How a value is compared with a threshold, as the source prints it: `>` and `>=` are not the same. */
export const operatorSchema = defineWord(['<', '<=', '>=', '>']).meta({ id: 'operator' });

/** Blood products that make a subject transfusion dependent. */
const bloodProductSchema = defineWord(['red-cells', 'platelets']).meta({ id: 'bloodProduct' });

/** The criterion in the words of a reader, shown in place of the expression; null where it has none. */
const labelSchema = defineOptional(textSchema);

const METHODS = ['automated', 'manual', 'unspecified', 'estimate'] as const;
const thresholdKeys = defineExactlyOne(
  ['value', 'valueByMethod'],
  'a count needs either one value or one by method',
);

const valueByMethodSchema = defineObject({
  automated: decimalSchema.optional(),
  manual: decimalSchema.optional(),
  unspecified: decimalSchema.optional(),
  estimate: decimalSchema.optional(),
})
  .refine((values) => METHODS.some((method) => values[method] !== undefined), {
    error: `write at least one of ${METHODS.join(', ')}`,
    params: { problem: 'no method has a value' },
  })
  .meta({ minProperties: 1 });

const countSchema = defineObject({
  count: analyteSchema,
  op: operatorSchema,
  value: decimalSchema.optional(),
  valueByMethod: valueByMethodSchema.optional(),
  says: labelSchema,
})
  .check(thresholdKeys.rule)
  .meta({ description: '10*9/L; haemoglobin in g/L', ...thresholdKeys.jsonSchema })
  .transform(({ count, op, value, valueByMethod, says }) => ({
    kind: 'count' as const,
    analyte: count,
    op,
    /** In 10*9/L (haemoglobin in g/L): one for all, or one per laboratory method (reticulocytes). */
    cut:
      value === undefined
        ? { kind: 'by-method' as const, values: valueByMethod ?? {} }
        : { kind: 'one' as const, value },
    says,
  }));

const changeKeys = defineExactlyOne(['by', 'byFactor'], 'a change needs either "by" or "byFactor"');

const changeSchema = defineObject({
  change: analyteSchema,
  op: operatorSchema,
  by: decimalSchema.optional(),
  byFactor: decimalSchema.optional(),
  says: labelSchema,
})
  .check(changeKeys.rule)
  .meta({
    description: 'The count compared with the baseline count plus an amount, or times a factor.',
    ...changeKeys.jsonSchema,
  })
  .transform(({ change, op, by, byFactor, says }) => ({
    kind: 'change' as const,
    analyte: change,
    op,
    by: by === undefined ? ('factor' as const) : ('amount' as const),
    value: by ?? byFactor ?? '0',
    says,
  }));

/** Lowest normal haemoglobin in g/L for a sex from an age in years on. */
const normalLimitSchema = defineObject({
  sex: defineWord(['male', 'female']),
  fromAge: defineWholeNumber(0),
  value: decimalSchema,
});

const normalHemoglobinSchema = defineObject({
  normalHemoglobin: defineList(normalLimitSchema),
  says: labelSchema,
})
  .meta({ description: 'At least the lowest normal haemoglobin for sex and age (years), in g/L.' })
  .transform(({ normalHemoglobin, says }) => ({
    kind: 'normal-hemoglobin' as const,
    rows: normalHemoglobin,
    says,
  }));

const transfusionIndependentSchema = defineObject({
  transfusionIndependent: defineList(bloodProductSchema),
  days: defineOptional(defineWholeNumber(1)).meta({
    description: "Days without transfusion up to the count; left out: the protocol's number.",
  }),
  afterStart: flagSchema
    .optional()
    .meta({ description: 'Whether the days must lie wholly after the first infusion.' }),
  says: labelSchema,
}).transform(({ transfusionIndependent, days, afterStart, says }) => ({
  kind: 'transfusion-independent' as const,
  components: transfusionIndependent,
  days,
  afterStart: afterStart === true,
  says,
}));

const transfusionDependentSchema = defineObject({
  transfusionDependent: defineList(bloodProductSchema),
  says: labelSchema,
})
  .meta({
    description:
      "Dependent on at least one of these products: as many units as the protocol's `dependence` states.",
  })
  .transform(({ transfusionDependent, says }) => ({
    kind: 'transfusion-dependent' as const,
    components: transfusionDependent,
    says,
  }));

const fewerUnitsSchema = defineObject({
  fewerUnits: bloodProductSchema,
  units: decimalSchema,
  days: defineWholeNumber(1),
  says: labelSchema,
})
  .meta({
    description: 'At least this many units fewer in the days up to the count than before the first infusion.',
  })
  .transform(({ fewerUnits, units, days, says }) => ({
    kind: 'fewer-units' as const,
    component: fewerUnits,
    units,
    days,
    says,
  }));

const referenceSchema = defineObject({ ref: textSchema, says: labelSchema })
  .meta({ description: 'A definition of this set (`name`), or of another one (`set#name`).' })
  .transform(({ ref, says }) => {
    const [first = '', second] = ref.split('#');
    return second === undefined
      ? { kind: 'ref' as const, set: null, name: first, says }
      : { kind: 'ref' as const, set: first, name: second, says };
  });

/** A criterion that has no parts. */
type LeafCriterion = Immutable<
  z.output<
    | typeof countSchema
    | typeof changeSchema
    | typeof normalHemoglobinSchema
    | typeof transfusionIndependentSchema
    | typeof transfusionDependentSchema
    | typeof fewerUnitsSchema
    | typeof referenceSchema
  >
>;

/** A criterion made of others. Written out: TypeScript cannot infer a type that refers to itself through a transform. */
type CompoundCriterion = { readonly says: string | null } & (
  | { readonly kind: 'all' | 'any'; readonly of: readonly Criterion[] }
  | { readonly kind: 'at-least'; readonly least: number; readonly of: readonly Criterion[] }
  | { readonly kind: 'not'; readonly of: readonly [Criterion] }
  | { readonly kind: 'at-baseline'; readonly of: readonly [Criterion] }
);

/**
 * A criterion as a tree. It is evaluated for the assessed count, except under `at-baseline`. Days look back from the day
 * of that count.
 */
export type Criterion = LeafCriterion | CompoundCriterion;

const partSchema: z.ZodType<Criterion> = z.lazy(() => criterionSchema);

const allSchema = defineObject({ all: defineList(partSchema), says: labelSchema }).transform(
  ({ all, says }) => ({ kind: 'all' as const, of: all, says }),
);

const anySchema = defineObject({ any: defineList(partSchema), says: labelSchema }).transform(
  ({ any, says }) => ({ kind: 'any' as const, of: any, says }),
);

const atLeastSchema = defineObject({
  atLeast: defineWholeNumber(1),
  of: defineList(partSchema),
  says: labelSchema,
}).transform(({ atLeast, of, says }) => ({ kind: 'at-least' as const, least: atLeast, of, says }));

const notSchema = defineObject({ not: partSchema, says: labelSchema }).transform(({ not, says }) => ({
  kind: 'not' as const,
  of: [not] as const,
  says,
}));

const atBaselineSchema = defineObject({ atBaseline: partSchema, says: labelSchema }).transform(
  ({ atBaseline, says }) => ({ kind: 'at-baseline' as const, of: [atBaseline] as const, says }),
);

/** Each form of a criterion by the key that heads it. */
const FORMS = {
  all: allSchema,
  any: anySchema,
  atLeast: atLeastSchema,
  not: notSchema,
  atBaseline: atBaselineSchema,
  count: countSchema,
  change: changeSchema,
  normalHemoglobin: normalHemoglobinSchema,
  transfusionIndependent: transfusionIndependentSchema,
  transfusionDependent: transfusionDependentSchema,
  fewerUnits: fewerUnitsSchema,
  ref: referenceSchema,
} as const;

/** The keys that head a criterion, in the order of the options of `criterionSchema`. */
export const CRITERION_HEADS: readonly string[] = Object.keys(FORMS);

export const criterionSchema: z.ZodType<Criterion> = z
  .union(Object.values(FORMS), `a criterion, headed by one of ${CRITERION_HEADS.join(', ')}`)
  .meta({ id: 'criterion' });

/** Every comparison operator. */
export type Operator = z.output<typeof operatorSchema>;

export type BloodProduct = z.output<typeof bloodProductSchema>;

/** A threshold in 10*9/L (haemoglobin in g/L): one for all, or one per laboratory method (reticulocytes). */
export type Threshold = Extract<LeafCriterion, { kind: 'count' }>['cut'];

export type HemoglobinNormalLimit = Immutable<z.output<typeof normalLimitSchema>>;
