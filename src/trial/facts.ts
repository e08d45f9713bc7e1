/**
 * The trial's terms for what happened to a subject. Mapping writes facts and the trial engine reads them; neither depends
 * on the other. Every term is defined here once and has this meaning everywhere.
 *
 * - **fact**: one mapped, normalised statement about one subject.
 * - **moment**: when it happened, in the precision in which it was sent.
 * - **source**: the resource version and the element that state it.
 *
 * Decimals are strings of digits (`"1.50"`), never floating-point numbers, so a value on a threshold stays on it.
 */

import type { PersonStatement, Stater } from './adjudication/person-statement.ts';
import type { Causality } from './causality.ts';
import type { DecisionValidity } from './decision-validity.ts';

/** Blood counts in 10*9/L, and haemoglobin in g/L. */
export type Analyte = 'wbc' | 'anc' | 'hemoglobin' | 'platelets' | 'reticulocytes';

/** The three blood cell lines in which a response is assessed. */
export type Lineage = 'erythroid' | 'neutrophil' | 'platelet';

export const LINEAGES: readonly Lineage[] = ['erythroid', 'neutrophil', 'platelet'];

export type Comparator = '<' | '<=' | '>=' | '>';

/**
 * How a count was made. An estimate yields to a count. Other results of one specimen that contradict each other
 * stay in force together, whatever their method.
 */
export type MeasurementMethod = 'automated' | 'manual' | 'unspecified' | 'estimate';

/** When something happened. Days are calendar days (`YYYY-MM-DD`) at the site, whichever offset the sender used. */
export interface Moment {
  /** As it was sent: `2026-03-02T08:15:00+08:00`, `2026-03`, or `start/end` for a period. */
  readonly text: string;
  /** First and last site-local day that the text can mean: equal, unless the date is partial or a period. */
  readonly earliestDay: string;
  readonly latestDay: string;
  /** Milliseconds since 1970 where a time of day with a zone was sent (for a period: its start), else null. */
  readonly instant: number | null;
}

/** One resource version, and the element in it, that states a fact. */
export interface Source {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string;
  /** The version as the sending EHR numbers it; null where it sends none. */
  readonly version: string | null;
  /** FHIRPath of the element, such as `Observation.component[1]`. */
  readonly element: string;
}

/** The value as the sender wrote it, before any conversion, and the conversion. */
export interface OriginalValue {
  readonly code: string;
  readonly value: string | null;
  readonly unit: string | null;
  /** One line for a reader, such as `45 /mm3 × 0.001 = 0.045 10*9/L`; null where nothing was converted. */
  readonly conversion: string | null;
}

/** How a statement relates to other statements about the same; see `counts/statements-in-force.ts`. */
export interface StatementRelations {
  /**
   * Keys (hashes) of what its resource states under an identifier. Resources of one subject that share a key state the
   * same. Absent where it has no identifier or no time.
   */
  readonly keys?: readonly string[];
  /** When this version was released, in milliseconds since 1970; absent where not sent. */
  readonly issued?: number;
  /** `Type/id` of the resources that its resource says it replaces; absent where it replaces none. */
  readonly replaces?: readonly string[];
  /** `Type/id` of what a corrected report lists instead of its resource; absent where no report does. */
  readonly replacedBy?: readonly string[];
}

interface FactBase {
  /** The identity of the fact: statements with equal keys from different sources are one fact with several sources. */
  readonly key: string;
  readonly subject: string;
  readonly at: Moment;
  /** Never empty. The first is the one whose value is used. */
  readonly sources: readonly [Source, ...Source[]];
  /** Absent where nothing relates it to another statement. */
  readonly relations?: StatementRelations;
}

/** A decimal with the comparator it was sent with: `<5` means every number below 5. */
export interface MeasuredValue {
  readonly value: string;
  readonly comparator: Comparator | null;
  /**
   * The upper end of a range that begins at `value`: results contradict each other, and it is not settled which is right.
   * Absent for what a laboratory states.
   */
  readonly upTo?: string;
}

/** The fields that all laboratory statements about a specimen share. */
interface LaboratoryFactBase extends FactBase {
  /** `preliminary` results are kept and shown, and never used to assess a response. */
  readonly status: 'preliminary' | 'final' | 'amended' | 'corrected';
  /** The specimen as the site names it (`Specimen/12`, `system|value`); absent where it was not sent. */
  readonly specimen?: string;
  readonly original: OriginalValue;
}

/** A laboratory result. `measured` is null where the laboratory states why there is none (`absentReason`). */
export interface LabFact extends LaboratoryFactBase {
  readonly kind: 'lab';
  readonly analyte: Analyte;
  readonly measured: MeasuredValue | null;
  readonly absentReason: string | null;
  readonly method: MeasurementMethod;
  /** Not reported by a laboratory: calculated from the facts of its sources. It ranks below measured results. */
  readonly derived?: true;
  /** Other statements about the same collection that state another value: not used, kept to be shown. */
  readonly contradicted?: readonly Contradiction[];
  /**
   * Signed statements about the same collection that contradict each other and that nothing orders: `measured` is the range of
   * all of them. Absent where one is in force.
   */
  readonly unsettled?: readonly UnsettledResult[];
}

/** One of several results of one collection that contradict each other. */
export interface UnsettledResult extends Contradiction {
  readonly status: LaboratoryFactBase['status'];
}

/** Another statement about the same collection, with a different value. */
export interface Contradiction {
  readonly measured: MeasuredValue;
  readonly method: MeasurementMethod;
  readonly source: Source;
}

/**
 * A share of the leukocytes in percent, from a differential count. `percent` is null where the laboratory states why
 * there is none (`absentReason`).
 */
export interface DifferentialFact extends LaboratoryFactBase {
  readonly kind: 'differential';
  /** All neutrophils, or those of one maturity. */
  readonly cells: 'total-neutrophils' | 'segmented-neutrophils' | 'band-neutrophils';
  readonly percent: MeasuredValue | null;
  readonly absentReason: string | null;
  readonly method: MeasurementMethod;
}

/** A finding of the laboratory in a specimen. Platelet clumps make its platelet count unusable. */
export interface FindingFact extends LaboratoryFactBase {
  readonly kind: 'finding';
  readonly finding: 'platelet-clumps';
  readonly present: boolean;
}

/** Body weight in kg. */
export interface WeightFact extends FactBase {
  readonly kind: 'weight';
  readonly kilograms: string;
  readonly original: OriginalValue;
}

/** An infusion of the study's cell product, or one that was planned and not given. */
export interface InfusionFact extends FactBase {
  readonly kind: 'infusion';
  readonly product: string;
  /** `stopped` infusions were given in part. */
  readonly status: 'completed' | 'stopped' | 'in-progress' | 'not-done';
  /** Dose as sent: per kg body weight in 10*6.{cells}/kg, or in total in 10*6.{cells}; null where none was sent. */
  readonly dose: { readonly value: string; readonly per: 'kg' | 'total' } | null;
  readonly original: OriginalValue;
}

/** A transfusion. `any` is a product-agnostic code (CPT 36430): it confounds both red cells and platelets. */
export interface TransfusionFact extends FactBase {
  readonly kind: 'transfusion';
  readonly component: 'red-cells' | 'platelets' | 'any';
  /** Units given; null where not sent (counted as one). */
  readonly units: string | null;
}

/** The roles of drugs in the trial. */
export const MEDICATION_ROLES = ['growth-factor', 'immunosuppressant', 'anti-infective', 'other'] as const;

/**
 * A drug that raises blood counts, or a treatment that matters to the trial, by the trial's term (`filgrastim`,
 * `atg`).
 */
export interface MedicationFact extends FactBase {
  readonly kind: 'medication';
  readonly agent: string;
  readonly role: (typeof MEDICATION_ROLES)[number];
}

export interface AdverseEventFact extends FactBase {
  readonly kind: 'adverse-event';
  /** The term as a reader sees it (`Headache`), from the display of the coding or the text. */
  readonly term: string;
  readonly code: string | null;
  readonly system: string | null;
  readonly systemVersion: string | null;
  readonly grade: 1 | 2 | 3 | 4 | 5 | null;
  readonly severity: 'mild' | 'moderate' | 'severe' | null;
  /** Null where the sender does not state it: never inferred from the grade. */
  readonly serious: boolean | null;
  /** Why it is serious, as the sender states (`hospitalisation`); absent where no reason was sent. */
  readonly criteria?: readonly string[];
  /** The closest relation to any suspected cause that the sender states; absent where none was sent. */
  readonly causality?: Causality;
  readonly outcome: string | null;
  readonly resolved: Moment | null;
  /** Present where a person has adjudicated the event: what the sender stated instead. */
  readonly asSent?: Pick<AdverseEventFact, 'grade' | 'serious' | 'causality'>;
  /** Present where a person has adjudicated whether it is an event of the study. */
  readonly isOfStudy?: boolean;
  /** Present where no occurrence was sent: `at` is when the event was detected or recorded, perhaps after its end. */
  readonly datedBy?: 'detected' | 'recorded';
}

/**
 * A condition by the trial's term. `at` is its onset; `abated` is null while it lasts. Clonal evolution is a new
 * cytogenetic abnormality or morphology (Blood 2022;139:34); paroxysmal nocturnal haemoglobinuria does not count.
 */
export interface ConditionFact extends FactBase {
  readonly kind: 'condition';
  readonly condition: 'aplastic-anaemia' | 'infection' | 'clonal-evolution';
  /**
   * Clonal evolution to a myeloid malignancy or with an abnormality of chromosome 7; absent where the code leaves it
   * open.
   */
  readonly highRisk?: boolean;
  readonly active: boolean;
  readonly abated: Moment | null;
  /** Present where no onset was sent: `at` is when the condition was recorded, perhaps after its end. */
  readonly datedBy?: 'recorded';
}

/**
 * A transplant of blood-forming stem cells, of any source and donor. It ends the observation of the study's product.
 * `at` is the day on which the cells were given, not that on which conditioning began.
 */
export interface TransplantFact extends FactBase {
  readonly kind: 'transplant';
}

export interface DeathFact extends FactBase {
  readonly kind: 'death';
}

/**
 * The categories of race of the US Office of Management and Budget (Directive 15 of 1997), which registries require.
 */
export const RACES = [
  'american-indian-or-alaska-native',
  'asian',
  'black-or-african-american',
  'native-hawaiian-or-other-pacific-islander',
  'white',
] as const;

export type Race = (typeof RACES)[number];

/** Whether a person is Hispanic or Latino, in the terms of the same source. */
export const ETHNICITIES = ['hispanic-or-latino', 'not-hispanic-or-latino'] as const;

export type Ethnicity = (typeof ETHNICITIES)[number];

/** The personal data that criteria and registries need; `at` is the birth date in the precision sent. */
export interface PersonFact extends FactBase {
  readonly kind: 'person';
  readonly sex: 'male' | 'female' | 'other' | 'unknown' | null;
  /** YYYY, YYYY-MM or YYYY-MM-DD; null where not sent. */
  readonly birthDate: string | null;
  /**
   * Every category sent, in the order of RACES; empty where race was sent and names none; absent where it was not
   * sent.
   */
  readonly races?: readonly Race[];
  /** `unknown` where ethnicity was sent and names no category (or both); absent where it was not sent. */
  readonly ethnicity?: Ethnicity | 'unknown';
  /** Present where the person is said to have died and no usable day was sent: no death fact states it. */
  readonly hasDied?: true;
}

/**
 * A resource that was entered in error or cancelled, and of which the store has no other version: it takes back what other
 * resources state under the same identifier, code and time (`relations.keys`).
 */
export interface WithdrawalFact extends FactBase {
  readonly kind: 'withdrawal';
  /** What it would state if it were in force, such as `lab platelets`; empty where it cannot be read. */
  readonly statements: readonly string[];
  readonly specimen?: string;
}

/** A person's answer to results that contradict each other. */
export interface SettlementFact extends FactBase {
  readonly kind: 'settlement';
  /** The basis of the question that was answered; the answer holds as long as the results are the same. */
  readonly basis: string;
  /** `Type/id` of the resource whose result is in force. */
  readonly chosen: string;
}

/** What a person states that no laboratory and no engine knows; see `adjudication/person-statement.ts`. `at`: the day that it is about. */
export interface AdjudicationFact extends FactBase {
  readonly kind: 'adjudication';
  readonly statement: PersonStatement;
  /** Null only for what the EHR records without naming anybody (`origin: 'record'`). */
  readonly by: Stater | null;
  /** `record`: the EHR's own record states it; a person's adjudication takes precedence. */
  readonly origin: 'person' | 'record';
  /** When it was stated, as sent (FHIR instant); null where not sent. */
  readonly statedAt: string | null;
  readonly why: string | null;
  /** What the person's signature is worth, as it is checked when facts are read; absent for what the site has sent. */
  readonly validity?: DecisionValidity;
}

export type Fact =
  | LabFact
  | DifferentialFact
  | FindingFact
  | WeightFact
  | InfusionFact
  | TransfusionFact
  | MedicationFact
  | AdverseEventFact
  | ConditionFact
  | TransplantFact
  | DeathFact
  | PersonFact
  | WithdrawalFact
  | SettlementFact
  | AdjudicationFact;

/** An enrolled patient, identified by a subject number. */
export interface Subject {
  readonly study: string;
  readonly subject: string;
  readonly site: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
  readonly status: 'on-study' | 'off-study' | 'withdrawn';
}
