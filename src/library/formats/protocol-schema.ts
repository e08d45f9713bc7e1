import { z } from 'zod';
import { analysisSchema, checkAnalysis, resolveAnalysis } from './analysis-schema.ts';
import {
  countSelectionSchema,
  type cytopeniaSchema,
  cytopeniasSchema,
  dependencesSchema,
  independenceDaysSchema,
  infectionPeriodSchema,
  washoutSchema,
} from './count-rules-schema.ts';
import {
  citationSchema,
  decimalSchema,
  defineExactlyOne,
  defineList,
  defineObject,
  defineOptional,
  defineRule,
  defineWholeNumber,
  defineWord,
  flagSchema,
  medicationRoleSchema,
  type ReportRuleProblem,
  remarkSchema,
  textSchema,
} from './field-schemas.ts';
import type { Immutable } from './immutable.ts';
import { type ParseResult, parseDefinition } from './parse-definition.ts';
import { checkTrialDesign, trialDesignFields } from './trial-design-schema.ts';

const visitSchema = defineObject({
  id: textSchema,
  name: textSchema,
  target: defineWholeNumber(1).meta({ description: 'Planned day after the first infusion (day 0).' }),
  window: z
    .array(defineWholeNumber(0), 'a list of first and last day')
    .length(2, 'a list of first and last day')
    .meta({ description: 'First and last day of the window; both belong to it.' }),
})
  .check(
    defineRule(({ target, window: [from = 0, to = 0] }, report) => {
      if (from > target || to < target)
        report(
          ['window'],
          'the window does not include its target day',
          'write [first day, last day] around it',
        );
    }),
  )
  .transform(({ window: [from = 0, to = 0], ...visit }) => ({ ...visit, from, to }));

const dosingSchema = defineObject({
  product: textSchema,
  days: defineList(defineWholeNumber(0)).meta({ description: 'Planned days, the first infusion (0) first.' }),
  toleranceDays: defineWholeNumber(0),
  minPerKg: decimalSchema.meta({ description: '10*6 cells per kg body weight.' }),
  maxPerKg: decimalSchema.meta({ description: '10*6 cells per kg body weight.' }),
  tolerancePercent: decimalSchema.meta({
    description: 'How far outside the range a dose may lie, in percent of the limit.',
  }),
  weightDays: defineWholeNumber(0).meta({
    description: 'Days before or after an infusion within which a weight still counts for it.',
  }),
  continuation: defineObject({
    visit: textSchema,
    infusions: defineList(defineWholeNumber(1)),
    everyDays: defineWholeNumber(1),
  }).meta({ description: 'A response at this visit earns these infusions, `everyDays` days apart.' }),
}).check(
  defineRule(({ days }, report) => {
    if (days[0] !== 0 || days.some((day, i) => i > 0 && day <= (days[i - 1] ?? 0)))
      report(['days'], 'the planned days do not rise from 0', 'begin with 0 and put them in order');
  }),
);

const criteriaIdsSchema = defineObject({
  severity: textSchema.meta({
    description: 'The set whose definitions `severe` and `very-severe` are evaluated for the baseline.',
  }),
  overall: defineObject({
    SAA: textSchema,
    VSAA: textSchema,
    NSAA: textSchema,
    unknown: textSchema.optional(),
  }).meta({
    description:
      'The set for the overall response, by severity. Without `unknown`, a subject of unknown severity is assessed by every set that could apply: one answer is the class, several are NE.',
  }),
  lineages: textSchema,
});

const onlyIfNewSchema = flagSchema.optional().meta({
  description:
    'Only an agent that was not given before the first infusion: to continue one is no new treatment.',
});

const medicationKeys = defineExactlyOne(['role', 'agents'], 'a medication has either a role or agents');

const censoringRuleSchema = z
  .discriminatedUnion(
    'event',
    [
      defineObject({ event: z.literal('transplant'), onlyIfNew: onlyIfNewSchema, says: remarkSchema }),
      defineObject({
        event: z.literal('medication'),
        role: medicationRoleSchema.optional(),
        agents: defineList(textSchema).optional(),
        onlyIfNew: onlyIfNewSchema,
        says: remarkSchema,
      })
        .check(medicationKeys.rule)
        .meta(medicationKeys.jsonSchema),
    ],
    {
      error: ({ code }) =>
        code === 'invalid_union' ? 'one of transplant, medication' : 'an object with event',
    },
  )
  .transform((rule) => ({
    event: rule.event,
    /** For a medication its role, or the agents by name; null for the other of the two. */
    role: rule.event === 'medication' ? (rule.role ?? null) : null,
    agents: rule.event === 'medication' ? (rule.agents ?? null) : null,
    onlyIfNew: rule.onlyIfNew === true,
  }));

const censoringSchema = defineObject({
  by: defineList(censoringRuleSchema),
  conditioningDays: defineWholeNumber(0).optional().meta({
    description:
      'A drug given within this many days before a transplant, or on its day, is its conditioning and not a treatment of its own.',
  }),
  laterVisits: defineWord(['NR', 'NE']).meta({
    description:
      'The class at a visit that has no count up to the event. The subject stays in every denominator.',
  }),
  says: remarkSchema,
})
  .meta({
    description:
      'Events that end the observation; counts after their day are not assessed. Left out: only death does.',
  })
  .transform(({ conditioningDays = 0, ...rules }) => ({ ...rules, conditioningDays }));

const intervalSchema = defineObject({
  method: defineWord(['clopper-pearson', 'wilson', 'wilson-cc']),
  percent: decimalSchema,
  says: remarkSchema,
}).meta({ description: 'Confidence intervals of proportions.' });

const QUANTILE_TYPES = { '2': 2, '6': 6, '7': 7 } as const;

const statisticsSchema = defineObject({
  quartileType: defineWord(['2', '6', '7']).meta({
    description: 'How quartiles between two values are read: 2 (SAS), 6 (SPSS) or 7 (R).',
  }),
  survivalLimits: defineWord(['plain', 'log', 'log-log']).meta({
    description: 'Scale of the limits of Kaplan-Meier curves.',
  }),
  says: remarkSchema,
})
  .meta({ description: 'Left out: quartiles as SAS, survival limits log-log.' })
  .transform(({ quartileType, survivalLimits }) => ({
    quartileType: QUANTILE_TYPES[quartileType],
    survivalLimits,
  }));

function checkVisits(visits: readonly Visit[], report: ReportRuleProblem): void {
  visits.forEach((visit, i) => {
    const next = visits[i + 1];
    if (next && next.from <= visit.to)
      report(
        ['visits', i + 1, 'window'],
        `overlaps the window of ${visit.id}`,
        'order the visits and separate their windows',
      );
  });
  const ids = visits.map(({ id }) => id);
  if (new Set(ids).size < ids.length)
    report(['visits'], 'two visits have the same id', 'give each visit its own id');
}

const NO_CENSORING = { by: [], conditioningDays: 0, laterVisits: 'NR' as const };
const DEFAULT_STATISTICS = { quartileType: 2 as const, survivalLimits: 'log-log' as const };

/** The format of `mappings/studies/STUDY/protocol.json`. */
export const protocolSchema = defineObject({
  $schema: z.string('a text').optional(),
  id: textSchema,
  version: textSchema,
  title: textSchema,
  sources: defineList(citationSchema),
  notes: defineList(textSchema).optional(),
  sealedDays: defineWholeNumber(0).meta({
    description: 'How many days resources of a patient who is not enrolled (yet) may be kept sealed.',
  }),
  visits: defineList(visitSchema).meta({ description: 'Planned assessments, in order.' }),
  baselineDays: defineWholeNumber(1).meta({
    description: 'Baseline counts are the last ones within this many days before the first infusion.',
  }),
  washouts: defineList(washoutSchema),
  countSelection: countSelectionSchema.optional(),
  independenceDays: independenceDaysSchema,
  dependence: dependencesSchema.optional(),
  dosing: dosingSchema,
  ...trialDesignFields,
  criteria: criteriaIdsSchema,
  primaryAssessor: defineWord(['engine', 'investigator']).optional().meta({
    description:
      "Whose class the report counts where an investigator has stated one; left out: the engine's. The other one stands beside it.",
  }),
  bestResponseBy: textSchema.meta({
    description: "A subject's best response is the best confirmed one up to the end of this visit's window.",
  }),
  interval: intervalSchema,
  predictors: defineObject({
    previousAgent: textSchema,
    infection: defineOptional(infectionPeriodSchema),
  }),
  statistics: statisticsSchema.optional(),
  censoring: censoringSchema.optional(),
  cytopenias: defineOptional(cytopeniasSchema),
  analysis: analysisSchema.optional(),
})
  .check(
    defineRule((protocol, report) => {
      checkVisits(protocol.visits, report);
      checkTrialDesign(protocol, report);
      checkAnalysis(protocol.analysis, report);
      const visits = protocol.visits.map(({ id }) => id);
      const references = [
        [['bestResponseBy'], protocol.bestResponseBy],
        [['dosing', 'continuation', 'visit'], protocol.dosing.continuation.visit],
      ] as const;
      for (const [path, visit] of references)
        if (!visits.includes(visit))
          report(path, `${visit} is not a visit of this protocol`, `use one of ${visits.join(', ')}`);
    }),
  )
  .meta({
    title: "A study's protocol",
    description:
      'The format of mappings/studies/ID/protocol.json. `trial-adapter check` also checks the rules between places: windows include their targets and are separate, planned days are in order, and names exist.',
  })
  .transform(
    ({
      $schema: _,
      notes = [],
      primaryAssessor = 'engine',
      statistics,
      censoring,
      countSelection,
      dependence,
      analysis,
      ...protocol
    }) => ({
      ...protocol,
      notes,
      primaryAssessor,
      countSelection: countSelection ?? { prefer: 'complete-day' as const },
      dependence: dependence ?? {
        'red-cells': { units: '1', days: protocol.independenceDays['red-cells'] },
        platelets: { units: '1', days: protocol.independenceDays.platelets },
      },
      statistics: statistics ?? DEFAULT_STATISTICS,
      censoring: censoring ?? NO_CENSORING,
      analysis: resolveAnalysis(analysis),
    }),
  );

/** The study's plan as data. Days count from the first infusion (day 0). */
export interface Protocol extends Immutable<z.output<typeof protocolSchema>> {}

/** A planned assessment; the ends of its window, `from` and `to`, belong to it. */
export type Visit = Immutable<z.output<typeof visitSchema>>;

/** After `of` these analytes are confounded for `days` days: the subject's own count is at most the measured value. */
export type Washout = Immutable<z.output<typeof washoutSchema>>;

/** The planned infusions, and the dose in 10*6 cells per kg body weight. */
export type Dosing = Immutable<z.output<typeof dosingSchema>>;

/** An event that ends the observation of the study's product. */
export type CensoringRule = Immutable<z.output<typeof censoringRuleSchema>>;

/** A kind of low count as an adverse event: the terms that mean it, and the grades that a count alone yields. */
export type Cytopenia = Immutable<z.output<typeof cytopeniaSchema>>;

/** A grading scale's cytopenias, such as those of CTCAE 5.0. */
export type CytopeniaScale = Immutable<z.output<typeof cytopeniasSchema>>;

export type { ArmDefinition, TrialElementDefinition } from './trial-design-schema.ts';

/** Checks a protocol file. Returns the protocol, or every problem with its JSON pointer; never throws. */
export function parseProtocol(json: unknown, file: string): ParseResult<Protocol> {
  return parseDefinition({ schema: protocolSchema }, json, file);
}
