import { z } from 'zod';
import { Failure } from '../errors.ts';
import { FIGURES, ORGAN_SYSTEMS } from './registry-words.ts';

/**
 * `registry.json`: what a registry asks for and no EHR knows. Every field may be missing: what a registry needs and does
 * not find is named by the export that needs it, with the registry's own element.
 */

const text = z.string().trim().min(1);
const yesNo = z.enum(['Yes', 'No']);
/** `YYYY-MM` or `YYYY-MM-DD`. */
const partialDate = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/);
const age = z.string().regex(/^(N\/A|\d+ (Years?|Months?|Weeks?|Days?|Hours?|Minutes?))$/);
const dated = z.strictObject({
  date: partialDate.optional(),
  type: z.enum(['Anticipated', 'Actual']).optional(),
});
const person = {
  firstName: text.optional(),
  lastName: text.optional(),
  degrees: text.optional(),
} as const;

const claim = z.strictObject({ id: text, registry: text, cite: text, says: text, trust: text.optional() });

const confirmed = z.strictObject({
  by: text,
  on: z.iso.date(),
  title: text,
  sponsor: text,
  intervention: text,
});

const identity = z.strictObject({
  orgName: text.optional(),
  orgStudyId: text.optional(),
  nctId: z
    .string()
    .regex(/^NCT\d{8}$/)
    .optional(),
  secondaryIds: z
    .array(z.strictObject({ id: text, type: text.optional(), domain: text.optional() }))
    .optional(),
});

const outcome = z.strictObject({
  /** Which figure of the report it is; null where the adapter has none, and the export then refuses. */
  figure: z.enum(FIGURES).nullable(),
  type: z.enum(['Primary', 'Secondary', 'Other Pre-specified', 'Post-Hoc']).optional(),
  title: text.optional(),
  timeFrame: text.optional(),
  description: text.optional(),
});

const design = z.strictObject({
  purpose: text.optional(),
  phase: text.optional(),
  assignment: text.optional(),
  allocation: z.enum(['Randomized', 'Non-randomized', 'N/A']).optional(),
  masking: z.literal('None').optional(),
});

const oversight = z.strictObject({
  irbStatus: text.optional(),
  irbNumber: text.optional(),
  irbName: text.optional(),
  irbAffiliation: text.optional(),
  hasDmc: yesNo.optional(),
  fdaDrug: yesNo.optional(),
  fdaDevice: yesNo.optional(),
});

const responsible = z.strictObject({
  type: z.enum(['Sponsor', 'Principal Investigator', 'Sponsor-Investigator']).optional(),
  username: text.optional(),
  title: text.optional(),
  affiliation: text.optional(),
});

const arm = z.strictObject({
  label: text.optional(),
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
  description: text.optional(),
});

const intervention = z.strictObject({
  type: text.optional(),
  name: text.optional(),
  description: text.optional(),
  otherNames: z.array(text).optional(),
});

const eligibility = z.strictObject({
  criteria: text.optional(),
  healthyVolunteers: yesNo.optional(),
  sex: z.enum(['All', 'Female', 'Male']).optional(),
  minimumAge: age.optional(),
  maximumAge: age.optional(),
});

const location = z.strictObject({
  name: text,
  city: text.optional(),
  state: text.optional(),
  country: text,
  zip: text.optional(),
});

const events = z.strictObject({
  timeFrame: text.optional(),
  description: text.optional(),
  /** Percent, 0 to 5; 0 lists every event. */
  threshold: z
    .string()
    .regex(/^([0-4](\.\d+)?|5(\.0+)?)$/)
    .optional(),
  assessment: z.enum(['Systematic Assessment', 'Non-systematic Assessment']).optional(),
  vocabulary: text.optional(),
  /** By the event's term. A term that is missing stands under General disorders, with a note that says so. */
  organSystems: z.record(text, z.enum(ORGAN_SYSTEMS)).optional(),
  organSystemsTrust: text.optional(),
  /** What to do with events of which no one says whether they were serious; without it a real export refuses. */
  unknownSeriousness: z.enum(['other', 'serious']).optional(),
});

const results = z.strictObject({
  /** `counts`: participants with the interval as an analysis; `percentage`: one number with the interval as dispersion. */
  responseRate: z.enum(['counts', 'percentage']).optional(),
  preAssignment: text.optional(),
  recruitment: text.optional(),
  limitations: text.optional(),
  /** What the registry calls each country of a site, by its ISO 3166-1 alpha-3 code. */
  regions: z.record(z.string().regex(/^[A-Z]{3}$/), text).optional(),
  regionsTrust: text.optional(),
  events: events.optional(),
  agreement: z
    .strictObject({
      piSponsorEmployee: yesNo.optional(),
      restrictive: yesNo.optional(),
      restriction: z.enum(['LTE60', 'GT60', 'Other']).optional(),
      details: text.optional(),
    })
    .optional(),
  contact: z
    .strictObject({
      title: text.optional(),
      organization: text.optional(),
      phone: text.optional(),
      extension: text.optional(),
      email: text.optional(),
    })
    .optional(),
});

const registry = z.strictObject({
  study: text,
  notes: z.array(text).optional(),
  claims: z.array(claim).optional(),
  identity: identity.optional(),
  confirmed: confirmed.optional(),
  briefTitle: text.optional(),
  officialTitle: text.optional(),
  acronym: text.optional(),
  sponsor: text.optional(),
  collaborators: z.array(text).optional(),
  responsible: responsible.optional(),
  oversight: oversight.optional(),
  briefSummary: text.optional(),
  detailedDescription: text.optional(),
  status: text.optional(),
  whyStopped: text.optional(),
  verified: partialDate.optional(),
  start: dated.optional(),
  primaryCompletion: dated.optional(),
  completion: dated.optional(),
  design: design.optional(),
  outcomes: z.array(outcome).optional(),
  conditions: z.array(text).optional(),
  keywords: z.array(text).optional(),
  arms: z.array(arm).optional(),
  interventions: z.array(intervention).optional(),
  eligibility: eligibility.optional(),
  officials: z
    .array(z.strictObject({ ...person, role: text.optional(), affiliation: text.optional() }))
    .optional(),
  centralContact: z.strictObject({ ...person, phone: text.optional(), email: text.optional() }).optional(),
  locations: z.array(location).optional(),
  references: z
    .array(z.strictObject({ citation: text, pubmedId: text.optional(), isResult: yesNo.optional() }))
    .optional(),
  results: results.optional(),
});

export type Registry = z.infer<typeof registry>;

/**
 * A study's registry.json. Null (the study has none) gives an empty one, of which every export then says what it lacks.
 * Throws `exports/incomplete` naming each place that is not as it must be.
 */
export function parseRegistry(json: unknown, study: string): Registry {
  const parsed = registry.safeParse(json ?? { study });
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
    throw new Failure('exports/incomplete', `registry.json cannot be read: ${wrong.join('; ')}`, {
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
