import type { ResponseClass, ResponseScope } from '../assessment.ts';
import type { Analyte, MeasurementMethod, MedicationFact } from '../facts.ts';
import type { Operator } from './value-range.ts';

/** A cut in 10*9/L (haemoglobin in g/L): one for all, or one per laboratory method (reticulocytes). */
export type Threshold =
  | { readonly kind: 'one'; readonly value: string }
  | { readonly kind: 'by-method'; readonly values: Readonly<Partial<Record<MeasurementMethod, string>>> };

/** Lowest normal haemoglobin in g/L for a sex from an age in years on. */
export interface HemoglobinNormalLimit {
  readonly sex: 'male' | 'female';
  readonly fromAge: number;
  readonly value: string;
}

/** Blood products that make a subject transfusion dependent. */
export type BloodProduct = 'red-cells' | 'platelets';

/**
 * A criterion as a tree. What is asked is asked of the assessed count, except under `at-baseline`. Days look back from
 * the day of that count; null takes the protocol's own number.
 */
export type Criterion = { readonly says: string | null } & (
  | { readonly kind: 'all' | 'any'; readonly of: readonly Criterion[] }
  | { readonly kind: 'at-least'; readonly least: number; readonly of: readonly Criterion[] }
  | { readonly kind: 'not'; readonly of: readonly [Criterion] }
  | { readonly kind: 'at-baseline'; readonly of: readonly [Criterion] }
  | { readonly kind: 'count'; readonly analyte: Analyte; readonly op: Operator; readonly cut: Threshold }
  | {
      readonly kind: 'change';
      readonly analyte: Analyte;
      readonly op: Operator;
      readonly by: 'amount' | 'factor';
      readonly value: string;
    }
  | { readonly kind: 'normal-hemoglobin'; readonly rows: readonly HemoglobinNormalLimit[] }
  | {
      readonly kind: 'transfusion-independent';
      readonly components: readonly BloodProduct[];
      readonly days: number | null;
      /** Whether the look-back must lie wholly after the first infusion. */
      readonly afterStart: boolean;
    }
  | {
      /** Fewer units in the days up to the count than in as many days before the first infusion. */
      readonly kind: 'fewer-units';
      readonly component: BloodProduct;
      readonly units: string;
      readonly days: number;
    }
  /** A definition of this set, or of another one where `set` is given. */
  | { readonly kind: 'ref'; readonly set: string | null; readonly name: string }
);

/** Where a rule comes from, and how far its text was seen: `seen`, `paraphrase`, `own-knowledge` or `own-choice`. */
export interface Citation {
  readonly cite: string;
  readonly trust: 'seen' | 'paraphrase' | 'own-knowledge' | 'own-choice';
}

/** One class of a scope: given where its criterion holds and no better class's does. */
export interface ClassRule {
  readonly scope: ResponseScope;
  readonly class: Exclude<ResponseClass, 'NR' | 'NE'>;
  /** The rule in the words of its source. */
  readonly paragraph: string;
  /** Days to the confirming count where this class asks for others than the set; null: the set's. */
  readonly confirmationDays: number | null;
  readonly when: Criterion;
}

/** What a set says of the time after the classes, in the words of its source. */
export interface LateEventRule {
  readonly paragraph: string;
  readonly source: Citation;
}

/** When a confirmed response is lost again. */
export interface RelapseRule extends LateEventRule {
  /** Asked of each count after the confirmed response. */
  readonly when: Criterion;
  /**
   * A drug of this role must have been begun anew, and the last count before it must be as `when` says. What is anew is
   * what ends the observation by the protocol's censoring. Null: the counts alone decide.
   */
  readonly newTreatment: MedicationFact['role'] | null;
}

/** Days between the first and the confirming count of the class at this place; null where none is asked for. */
export function resolveConfirmationDays(set: CriteriaSet, rule: ClassRule | undefined): number | null {
  return rule?.confirmationDays ?? set.confirmationDays;
}

/** A set of criteria, as data. An `undefined` set gives NE always, with the reason criteria-set-undefined. */
export interface CriteriaSet {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly status: 'defined' | 'undefined';
  readonly sources: readonly Citation[];
  readonly notes: readonly string[];
  /** Days between the first and the confirming count; null where the set asks for no confirmation. */
  readonly confirmationDays: number | null;
  readonly definitions: ReadonlyMap<string, Criterion>;
  /** Best class first within a scope. Where none holds the class is NR. */
  readonly classes: readonly ClassRule[];
  /** Null where no rule is stated: then nothing is said of relapse, or of clonal evolution. */
  readonly relapse: RelapseRule | null;
  readonly clonalEvolution: LateEventRule | null;
}
