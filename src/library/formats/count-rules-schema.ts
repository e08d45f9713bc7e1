import {
  analyteSchema,
  decimalSchema,
  defineList,
  defineObject,
  defineRule,
  defineWholeNumber,
  defineWord,
  remarkSchema,
  textSchema,
} from './field-schemas.ts';

/** What a protocol says about reading counts: what confounds them, transfusions, the days that count, low counts as events. */

export const washoutSchema = defineObject({
  of: textSchema.meta({
    description:
      "A blood product, the trial's term for a drug, or `other-growth-factor` for a growth factor not named here.",
  }),
  analytes: defineList(analyteSchema),
  days: defineWholeNumber(1),
  says: remarkSchema,
}).meta({ description: 'After it these analytes are confounded: a count is an upper limit.' });

export const independenceDaysSchema = defineObject({
  'red-cells': defineWholeNumber(1),
  platelets: defineWholeNumber(1),
  says: remarkSchema,
}).meta({ description: 'Days without transfusion that make a subject independent of the product.' });

const dependenceSchema = defineObject({
  units: decimalSchema.meta({ description: 'At least this many units in `days` days.' }),
  days: defineWholeNumber(1),
});

export const dependencesSchema = defineObject({
  'red-cells': dependenceSchema,
  platelets: dependenceSchema,
  says: remarkSchema,
}).meta({
  description:
    'Units in the days before the first infusion that make a subject dependent on the product. Left out: 1 unit in the days of independence.',
});

export const countSelectionSchema = defineObject({
  prefer: defineWord(['complete-day', 'nearest-day']).meta({
    description:
      'complete-day: the day nearest the target on which neutrophils, haemoglobin and platelets were all counted unconfounded precedes a nearer day that lacks one of them. nearest-day: each count is that nearest the target.',
  }),
  says: remarkSchema,
}).meta({ description: 'The counts of a window that are assessed. Left out: complete-day.' });

export const infectionPeriodSchema = defineObject({
  from: defineWholeNumber(0),
  to: defineWholeNumber(0),
  says: remarkSchema,
})
  .check(
    defineRule(({ from, to }, report) => {
      if (from > to) report(['to'], 'the period ends before it begins', 'write a last day after the first');
    }),
  )
  .meta({
    description:
      'First and last day after the first infusion between which an active infection counts as a predictor. Left out: up to the end of the last visit window.',
  });

export const cytopeniaSchema = defineObject({
  analyte: analyteSchema,
  codes: defineList(textSchema),
  terms: defineList(textSchema),
  grades: defineList(defineObject({ grade: defineWholeNumber(1), below: decimalSchema })).meta({
    description: "The grades that a count alone yields, in the trial's unit for the analyte.",
  }),
});

export const cytopeniasSchema = defineObject({
  scale: textSchema,
  version: textSchema,
  system: textSchema.meta({ description: 'The code system of `codes`.' }),
  says: remarkSchema,
  of: defineList(cytopeniaSchema),
}).meta({
  description:
    'Low counts that are compared with the baseline when adverse events are counted. Left out: none are.',
});
