import { z } from 'zod';
import { Failure } from '../errors.ts';
import { ORGAN_SYSTEMS, OUTCOME_FIGURES } from './registry-vocabulary.ts';

/**
 * `registry.json`: data that a registry requires and no EHR has. Every field may be missing; an export names each field
 * that it requires and does not find, with the registry's own element.
 */

const nonEmptyText = z.string().trim().min(1);
const yesNo = z.enum(['Yes', 'No']);
/** `YYYY-MM` or `YYYY-MM-DD`. */
const partialDate = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/);
const age = z.string().regex(/^(N\/A|\d+ (Years?|Months?|Weeks?|Days?|Hours?|Minutes?))$/);
const dateWithType = z.strictObject({
  date: partialDate.optional(),
  type: z.enum(['Anticipated', 'Actual']).optional(),
});
const person = {
  firstName: nonEmptyText.optional(),
  lastName: nonEmptyText.optional(),
  degrees: nonEmptyText.optional(),
} as const;

const sourcedClaim = z.strictObject({
  id: nonEmptyText,
  registry: nonEmptyText,
  cite: nonEmptyText,
  says: nonEmptyText,
  trust: nonEmptyText.optional(),
});

const confirmation = z.strictObject({
  by: nonEmptyText,
  on: z.iso.date(),
  title: nonEmptyText,
  sponsor: nonEmptyText,
  intervention: nonEmptyText,
});

const identity = z.strictObject({
  orgName: nonEmptyText.optional(),
  orgStudyId: nonEmptyText.optional(),
  nctId: z
    .string()
    .regex(/^NCT\d{8}$/)
    .optional(),
  secondaryIds: z
    .array(
      z.strictObject({ id: nonEmptyText, type: nonEmptyText.optional(), domain: nonEmptyText.optional() }),
    )
    .optional(),
});

const outcome = z.strictObject({
  /** The figure of the report; null where the adapter has no such figure, which the export refuses. */
  figure: z.enum(OUTCOME_FIGURES).nullable(),
  type: z.enum(['Primary', 'Secondary', 'Other Pre-specified', 'Post-Hoc']).optional(),
  title: nonEmptyText.optional(),
  timeFrame: nonEmptyText.optional(),
  description: nonEmptyText.optional(),
});

const design = z.strictObject({
  purpose: nonEmptyText.optional(),
  phase: nonEmptyText.optional(),
  assignment: nonEmptyText.optional(),
  allocation: z.enum(['Randomized', 'Non-randomized', 'N/A']).optional(),
  masking: z.literal('None').optional(),
});

const oversight = z.strictObject({
  irbStatus: nonEmptyText.optional(),
  irbNumber: nonEmptyText.optional(),
  irbName: nonEmptyText.optional(),
  irbAffiliation: nonEmptyText.optional(),
  hasDmc: yesNo.optional(),
  fdaDrug: yesNo.optional(),
  fdaDevice: yesNo.optional(),
});

const responsibleParty = z.strictObject({
  type: z.enum(['Sponsor', 'Principal Investigator', 'Sponsor-Investigator']).optional(),
  username: nonEmptyText.optional(),
  title: nonEmptyText.optional(),
  affiliation: nonEmptyText.optional(),
});

const arm = z.strictObject({
  label: nonEmptyText.optional(),
  type: z
    .enum([
      'Experimental',
      'Active Comparator',
      'Placebo Comparator',
      'Sham Comparator',
      'No Intervention',
      'Other',
    ])
    .optional(),
  description: nonEmptyText.optional(),
});

const intervention = z.strictObject({
  type: nonEmptyText.optional(),
  name: nonEmptyText.optional(),
  description: nonEmptyText.optional(),
  otherNames: z.array(nonEmptyText).optional(),
});

const eligibility = z.strictObject({
  criteria: nonEmptyText.optional(),
  healthyVolunteers: yesNo.optional(),
  sex: z.enum(['All', 'Female', 'Male']).optional(),
  minimumAge: age.optional(),
  maximumAge: age.optional(),
});

const location = z.strictObject({
  name: nonEmptyText,
  city: nonEmptyText.optional(),
  state: nonEmptyText.optional(),
  country: nonEmptyText,
  zip: nonEmptyText.optional(),
});

const adverseEvents = z.strictObject({
  timeFrame: nonEmptyText.optional(),
  description: nonEmptyText.optional(),
  /** Percent, 0 to 5; 0 lists every event. */
  threshold: z
    .string()
    .regex(/^([0-4](\.\d+)?|5(\.0+)?)$/)
    .optional(),
  assessment: z.enum(['Systematic Assessment', 'Non-systematic Assessment']).optional(),
  vocabulary: nonEmptyText.optional(),
  /** By the event's term. A term without a class is reported under General disorders, with a note. */
  organSystems: z.record(nonEmptyText, z.enum(ORGAN_SYSTEMS)).optional(),
  organSystemsTrust: nonEmptyText.optional(),
  /** How to report events whose seriousness was not sent; without it an export other than a draft is refused. */
  unknownSeriousness: z.enum(['other', 'serious']).optional(),
});

const results = z.strictObject({
  /** `counts`: participants with the interval as an analysis; `percentage`: one number with the interval as dispersion. */
  responseRate: z.enum(['counts', 'percentage']).optional(),
  preAssignment: nonEmptyText.optional(),
  recruitment: nonEmptyText.optional(),
  limitations: nonEmptyText.optional(),
  /** The registry's name of each country of a site, by ISO 3166-1 alpha-3 code. */
  regions: z.record(z.string().regex(/^[A-Z]{3}$/), nonEmptyText).optional(),
  regionsTrust: nonEmptyText.optional(),
  events: adverseEvents.optional(),
  agreement: z
    .strictObject({
      piSponsorEmployee: yesNo.optional(),
      restrictive: yesNo.optional(),
      restriction: z.enum(['LTE60', 'GT60', 'Other']).optional(),
      details: nonEmptyText.optional(),
    })
    .optional(),
  contact: z
    .strictObject({
      title: nonEmptyText.optional(),
      organization: nonEmptyText.optional(),
      phone: nonEmptyText.optional(),
      extension: nonEmptyText.optional(),
      email: nonEmptyText.optional(),
    })
    .optional(),
});

const registrySchema = z.strictObject({
  study: nonEmptyText,
  notes: z.array(nonEmptyText).optional(),
  claims: z.array(sourcedClaim).optional(),
  identity: identity.optional(),
  confirmed: confirmation.optional(),
  briefTitle: nonEmptyText.optional(),
  officialTitle: nonEmptyText.optional(),
  acronym: nonEmptyText.optional(),
  sponsor: nonEmptyText.optional(),
  collaborators: z.array(nonEmptyText).optional(),
  responsible: responsibleParty.optional(),
  oversight: oversight.optional(),
  briefSummary: nonEmptyText.optional(),
  detailedDescription: nonEmptyText.optional(),
  status: nonEmptyText.optional(),
  whyStopped: nonEmptyText.optional(),
  verified: partialDate.optional(),
  start: dateWithType.optional(),
  primaryCompletion: dateWithType.optional(),
  completion: dateWithType.optional(),
  design: design.optional(),
  outcomes: z.array(outcome).optional(),
  conditions: z.array(nonEmptyText).optional(),
  keywords: z.array(nonEmptyText).optional(),
  arms: z.array(arm).optional(),
  interventions: z.array(intervention).optional(),
  eligibility: eligibility.optional(),
  officials: z
    .array(z.strictObject({ ...person, role: nonEmptyText.optional(), affiliation: nonEmptyText.optional() }))
    .optional(),
  centralContact: z
    .strictObject({ ...person, phone: nonEmptyText.optional(), email: nonEmptyText.optional() })
    .optional(),
  locations: z.array(location).optional(),
  references: z
    .array(
      z.strictObject({
        citation: nonEmptyText,
        pubmedId: nonEmptyText.optional(),
        isResult: yesNo.optional(),
      }),
    )
    .optional(),
  results: results.optional(),
});

export type Registry = z.infer<typeof registrySchema>;

/**
 * Parses a study's registry.json. Null (the study has none) returns an empty registry. Throws `exports/incomplete` with
 * every invalid place, and `exports/identity` where the file is about another study.
 */
export function parseRegistry(json: unknown, study: string): Registry {
  const parsed = registrySchema.safeParse(json ?? { study });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
    throw new Failure('exports/incomplete', `registry.json cannot be read: ${problems.join('; ')}`, {
      at: 'registry.json',
      fix: 'Correct these places.',
    });
  }
  if (parsed.data.study !== study)
    throw new Failure(
      'exports/identity',
      `registry.json is about ${parsed.data.study}, the study is ${study}`,
      {
        at: 'registry.json#/study',
        fix: "Use the study's own registry.json.",
      },
    );
  return parsed.data;
}
