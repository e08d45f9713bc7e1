import { z } from 'zod';
import {
  analyteSchema,
  decimalSchema,
  defineList,
  defineObject,
  defineOptional,
  defineWholeNumber,
  defineWord,
  type ReportRuleProblem,
  remarkSchema,
  textSchema,
} from './field-schemas.ts';
import type { Immutable } from './immutable.ts';

/** What a protocol says about the analysis beyond the response: sets of subjects, times, groups, variants. */

const populationsSchema = defineObject({
  evaluable: defineObject({
    baselineCounts: defineList(analyteSchema).meta({
      description: 'Counts that an evaluable subject has before the first infusion.',
    }),
    assessedVisits: defineWholeNumber(0).meta({
      description: 'Visits with a class other than NE that an evaluable subject has at least.',
    }),
  }),
  perProtocol: defineObject({
    infusions: defineWholeNumber(0).meta({
      description: 'Infusions of the first course that a subject was given at least.',
    }),
    withoutDeviations: z
      .array(
        defineWord(['dose-out-of-range', 'missed-infusion', 'displaced-infusion', 'missing-weight']),
        'a list of deviations',
      )
      .meta({ description: 'Deviations that exclude an evaluable subject from this set.' }),
  }),
  says: remarkSchema,
}).meta({ description: 'Sets of subjects. Per protocol: the evaluable without the stated deviations.' });

const endpointEventsSchema = defineList(
  defineWord(['death', 'relapse', 'transplant', 'new-treatment', 'clonal-evolution']),
);

const timeToEventSchema = defineObject({
  responseLoss: defineWord(['relapse-rule', 'relapse-rule-or-visit']).meta({
    description:
      'What ends a response: the relapse rule of the criteria set alone; or, where the set has none, also the first later visit whose count surely meets no class.',
  }),
  responseDuration: endpointEventsSchema.meta({
    description: 'Events that end the duration of response, counted from the first day of the response.',
  }),
  relapseFree: endpointEventsSchema.meta({
    description: 'Events of relapse-free survival, counted from the first day of the response.',
  }),
  eventFree: endpointEventsSchema.meta({
    description: 'Events of event-free survival, counted from the first infusion.',
  }),
  says: remarkSchema,
}).meta({
  description: 'A transplant or new treatment that is no event of an endpoint censors it on its day.',
});

const treatmentEmergentSchema = defineObject({
  untilDaysAfterLastInfusion: defineWholeNumber(0),
  says: remarkSchema,
}).meta({ description: 'Adverse events from day 0 to this many days after the last infusion.' });

const transfusionPeriodsSchema = defineObject({
  days: defineWholeNumber(1).meta({ description: 'Days of a period.' }),
  before: defineWholeNumber(0).meta({ description: 'Periods before the first infusion.' }),
  after: defineWholeNumber(1).meta({ description: 'Periods from the first infusion.' }),
  says: remarkSchema,
});

const variantSchema = defineObject({
  id: textSchema,
  says: textSchema.meta({ description: 'What differs, for the reader of the table.' }),
  confirmation: defineWord(['none']).optional().meta({
    description: 'none: the first count that meets a class decides, without a second one.',
  }),
  washoutDays: z
    .record(z.string(), defineWholeNumber(0), 'an object with days by product or drug')
    .optional()
    .meta({ description: 'Other days for washouts of this protocol, by what they are of.' }),
  severity: textSchema.optional().meta({ description: 'Another set for the severity.' }),
  overall: textSchema.optional().meta({
    description: 'Another set for the overall response, at every severity.',
  }),
})
  .meta({ description: 'The overall response assessed again under one change of the protocol.' })
  .transform(({ confirmation, washoutDays, severity, overall, ...variant }) => ({
    ...variant,
    isUnconfirmed: confirmation === 'none',
    washoutDays: washoutDays ?? {},
    severity: severity ?? null,
    overall: overall ?? null,
  }));

const twoStageSchema = defineObject({
  n1: defineWholeNumber(1),
  r1: defineWholeNumber(0),
  n: defineWholeNumber(2),
  r: defineWholeNumber(0),
  p0: decimalSchema.meta({ description: 'Response rate under the null hypothesis, from 0 to 1.' }),
  p1: decimalSchema.meta({ description: 'Response rate under the alternative, from 0 to 1.' }),
  says: remarkSchema,
}).meta({
  description:
    "Simon's two-stage design: stopped with at most r1 responders of the first n1 subjects; the null hypothesis is rejected with more than r of n.",
});

/** The field `analysis` of a protocol as it is written. */
export const analysisSchema = defineObject({
  populations: populationsSchema.optional(),
  landmarkMonths: defineList(defineWholeNumber(1)).optional().meta({
    description: 'Months after which survival is compared by the response until then.',
  }),
  survivalMonths: defineList(defineWholeNumber(1)).optional().meta({
    description: 'Months at which curves are read.',
  }),
  timeToEvent: timeToEventSchema.optional(),
  treatmentEmergent: treatmentEmergentSchema.optional(),
  ageGroups: defineList(defineWholeNumber(1)).optional().meta({
    description: 'First ages of the groups after the youngest, in whole years at the first infusion.',
  }),
  plannedPerKg: decimalSchema.optional().meta({
    description: 'The planned dose, 10*6 cells per kg; left out: the middle of the range.',
  }),
  transfusionPeriods: transfusionPeriodsSchema.optional(),
  sensitivity: z.array(variantSchema, 'a list of variants').optional(),
  twoStage: defineOptional(twoStageSchema),
  says: remarkSchema,
}).meta({ description: 'Analyses of the report. What is left out has the defaults of docs/endpoints.md.' });

type WrittenAnalysis = z.output<typeof analysisSchema>;

const WHOLE_COUNTS = ['anc', 'hemoglobin', 'platelets'] as const;

const DEFAULT_POPULATIONS = {
  evaluable: { baselineCounts: [...WHOLE_COUNTS], assessedVisits: 1 },
  perProtocol: { infusions: 1, withoutDeviations: ['dose-out-of-range', 'missed-infusion'] },
} satisfies WrittenAnalysis['populations'];

const DEFAULT_TIME_TO_EVENT = {
  responseLoss: 'relapse-rule-or-visit',
  responseDuration: ['relapse', 'death'],
  relapseFree: ['relapse', 'death'],
  eventFree: ['death', 'relapse', 'transplant', 'new-treatment', 'clonal-evolution'],
} satisfies WrittenAnalysis['timeToEvent'];

/** Resolves a protocol's analysis: what it leaves out has its default. */
export function resolveAnalysis(written: WrittenAnalysis | undefined) {
  return {
    populations: written?.populations ?? DEFAULT_POPULATIONS,
    landmarkMonths: written?.landmarkMonths ?? [6],
    survivalMonths: written?.survivalMonths ?? [6, 12],
    timeToEvent: written?.timeToEvent ?? DEFAULT_TIME_TO_EVENT,
    treatmentEmergent: written?.treatmentEmergent ?? { untilDaysAfterLastInfusion: 30 },
    ageGroups: written?.ageGroups ?? [18, 65],
    plannedPerKg: written?.plannedPerKg ?? null,
    transfusionPeriods: written?.transfusionPeriods ?? { days: 28, before: 2, after: 13 },
    sensitivity: written?.sensitivity ?? [],
    twoStage: written?.twoStage ?? null,
  };
}

/** The analysis of a protocol, complete. */
export type AnalysisPlan = Immutable<ReturnType<typeof resolveAnalysis>>;

/** A change of the protocol under which every subject is assessed again. */
export type SensitivityVariant = AnalysisPlan['sensitivity'][number];

/** An event that can end a duration. */
export type EndpointEvent = AnalysisPlan['timeToEvent']['eventFree'][number];

/** Reports lists that do not rise, variants that share an id, and impossible two-stage designs. */
export function checkAnalysis(written: WrittenAnalysis | undefined, report: ReportRuleProblem): void {
  for (const key of ['landmarkMonths', 'survivalMonths', 'ageGroups'] as const)
    if (written?.[key]?.some((value, i, all) => i > 0 && value <= (all[i - 1] ?? 0)))
      report(['analysis', key], 'the numbers do not rise from 0', 'put them in order, each once');
  const variants = written?.sensitivity ?? [];
  if (new Set(variants.map(({ id }) => id)).size < variants.length)
    report(['analysis', 'sensitivity'], 'two variants have the same id', 'give each variant its own id');
  const design = written?.twoStage;
  if (
    design &&
    (design.n1 >= design.n || design.r1 >= design.n1 || design.r < design.r1 || design.r >= design.n)
  )
    report(
      ['analysis', 'twoStage'],
      'the bounds are not those of two stages',
      'write r1 < n1 < n and r1 <= r < n',
    );
}
