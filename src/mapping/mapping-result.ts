import type { FhirVersion } from '../fhir/fhir-version.ts';
import type { JsonObject, Resource } from '../fhir/resource.ts';
import type { Fact, Source } from '../trial/facts.ts';

/**
 * Why a person must decide before a resource can become a fact (contract, section 3). The last one means a defect of the
 * adapter itself.
 */
type WorkReason =
  | 'unmapped-code'
  | 'unmapped-unit'
  | 'unit-property-conflict'
  | 'implausible-value'
  | 'unknown-patient'
  | 'ambiguous-patient'
  | 'contested-identifier'
  | 'too-many-links'
  | 'missing-weight'
  | 'dose-out-of-range'
  | 'version-conflict'
  | 'version-not-kept'
  | 'unparseable-value'
  /** Something is said and not understood: an element that can change whose or which data these are, or words without a code. */
  | 'not-understood'
  | 'cannot-be-mapped';

/** A code as it was sent, with its display; null if there was none. */
export interface CodingWithDisplay {
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
}

/**
 * The question that a decision on a work item would answer, as data, so that targets can be suggested and the decision
 * stored. A code belongs in one of the vocabularies; a unit spelling belongs in the unit map of the quantity. Contains
 * no patient data.
 */
export type MappingQuestion =
  | {
      readonly kind: 'code';
      readonly vocabularies: readonly string[];
      readonly codings: readonly CodingWithDisplay[];
      /** The concept's own text, shortened; null if there is none. */
      readonly text: string | null;
    }
  | { readonly kind: 'unit'; readonly quantity: string; readonly spelling: string };

/** The effect of a need on the trial's figures: a death that is reported without a day cannot be counted. */
export type WorkConcern = 'death-without-day';

/** One decision that is needed. Equal `group`s at one site form one work item, however many resources wait for it. */
export interface WorkNeed {
  readonly reason: WorkReason;
  /** FHIRPath of the element that is wrong or missing. */
  readonly element: string;
  /** The scope of one decision, such as `http://loinc.org|1234-5` or `platelets:Kilo/uL`. No patient data. */
  readonly group: string;
  /** The problem in one sentence. No patient data: it may contain codes and unit spellings, never values or names. */
  readonly detail: string;
  /** The action in one sentence. */
  readonly fix: string;
  /**
   * The reference at this site (`Medication/12`) whose arrival resolves the need, or `DiagnosticReport.result` if any
   * report that lists the result does; null if a person must decide.
   */
  readonly waitsFor: string | null;
  /** Present if a map entry would resolve the need. */
  readonly about?: MappingQuestion;
  /** The effect on the trial's figures, where they depend on the element. */
  readonly concerns?: WorkConcern;
}

/** Something about a fact that the sender should check. The fact counts all the same. */
export interface MappingWarning {
  /** Such as `unusual-value`. */
  readonly reason: string;
  readonly element: string;
  /** The unusual finding in one sentence, without patient data. */
  readonly detail: string;
  /** The check to make in one sentence, without patient data. */
  readonly fix: string;
}

/** The facts that a resource states, or why it states none. */
export interface MappingResult {
  readonly facts: readonly Fact[];
  readonly work: readonly WorkNeed[];
  /** Absent if there are none. */
  readonly warnings?: readonly MappingWarning[];
  /** Set if there is neither a fact nor a work need: a code such as `code-not-needed`, the element, and a sentence. */
  readonly ignored: { readonly reason: string; readonly element: string; readonly detail: string } | null;
}

/** The input of mapping in addition to the resource itself. */
export interface MappingContext {
  readonly subject: string;
  readonly site: string;
  /** The subject's study, whose maps and views precede the general ones; undefined: only the general ones apply. */
  readonly study?: string;
  /** The visits of the study's protocol; null or absent: not known, and visits are not checked. */
  readonly visits?: readonly string[] | null;
  /** IANA time zone of the site, such as `Asia/Shanghai`: the site's calendar days are counted in it. */
  readonly timeZone: string;
  /** The FHIR version in which the resource was sent; R4 if undefined. */
  readonly fhirVersion?: FhirVersion;
  /** Elements of reports and panels that supplied values missing from the resource itself; empty if none did. */
  readonly inheritedFrom?: readonly Source[];
  /** Returns the current version of `Type/id` at this site; undefined if it has not arrived or is a contained resource. */
  resolve(reference: string): Resource | undefined;
  /**
   * Returns whether a Reference leads to the subject, by what identifies them at this site; null if that is not known.
   * Absent: references are compared by what they state.
   */
  isSamePatient?(reference: JsonObject): boolean | null;
}

/**
 * A value that was read, or the result to return because no usable value was sent: held with its work needs, or ignored
 * with a reason. Test with `'result' in read`.
 */
export type ValueOrResult<T> = { readonly value: T } | { readonly result: MappingResult };

/** Builds the result of a resource that states facts; `work` lists the decisions that are still needed about it. */
export const toFactsResult = (facts: readonly Fact[], work: readonly WorkNeed[] = []): MappingResult => ({
  facts,
  work,
  ignored: null,
});

/** Builds the result of a resource that is held: no fact until a person decides, or a missing resource arrives. */
export const toHeldResult = (...work: readonly WorkNeed[]): MappingResult => ({
  facts: [],
  work,
  ignored: null,
});

/** Builds the outcome of a value that cannot be used: the resource or element to which it belongs is held. */
export const holdValue = (...work: readonly WorkNeed[]): { readonly result: MappingResult } => ({
  result: toHeldResult(...work),
});

/** Builds the result of a resource that is ignored: neither a fact nor a work item, with the reason. */
export const toIgnoredResult = (reason: string, element: string, detail: string): MappingResult => ({
  facts: [],
  work: [],
  ignored: { reason, element, detail },
});

/**
 * Merges the results of several rows of one resource. A fact that is stated twice (by a component and by a contained
 * result) counts once, at its first place. A reason to ignore is kept only if no row has a fact or a work need.
 */
export function combineResults(results: readonly MappingResult[]): MappingResult {
  const [only] = results;
  if (only && results.length === 1 && only.facts.length <= 1) return only;
  const factByKey = new Map<string, Fact>();
  for (const fact of results.flatMap((result) => result.facts))
    if (!factByKey.has(fact.key)) factByKey.set(fact.key, fact);
  const facts = [...factByKey.values()];
  const work = results.flatMap((result) => result.work);
  const warnings = results.flatMap((result) => result.warnings ?? []);
  const ignored =
    facts.length + work.length > 0
      ? null
      : (results.find((result) => result.ignored !== null)?.ignored ?? null);
  return { facts, work, ...(warnings.length > 0 ? { warnings } : {}), ignored };
}
