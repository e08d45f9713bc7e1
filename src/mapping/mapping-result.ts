import type { FhirVersion } from '../fhir/fhir-version.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Fact, Source } from '../trial/facts.ts';

/** Why a person must decide before a resource can become a fact (contract, section 3); the last: our own mistake. */
export type WorkReason =
  | 'unmapped-code'
  | 'unmapped-unit'
  | 'unit-property-conflict'
  | 'implausible-value'
  | 'unknown-patient'
  | 'ambiguous-patient'
  | 'missing-weight'
  | 'dose-out-of-range'
  | 'version-conflict'
  | 'version-not-kept'
  | 'unparseable-value'
  | 'cannot-be-mapped';

/** A code as it was sent, with the name that came with it. */
export interface CodingWithDisplay {
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
}

/**
 * What a decision would be about, as data, so that it can be suggested and written down. A code belongs in one of the
 * vocabularies; a unit's spelling in the unit map of the quantity. Holds no patient data.
 */
export type MappingQuestion =
  | {
      readonly kind: 'code';
      readonly vocabularies: readonly string[];
      readonly codings: readonly CodingWithDisplay[];
      /** The concept's own text, shortened; null where there is none. */
      readonly text: string | null;
    }
  | { readonly kind: 'unit'; readonly quantity: string; readonly spelling: string };

/** What a need means for the trial's figures: a death that is reported without a day cannot be counted. */
export type WorkConcern = 'death-without-day';

/** One decision that is needed. Equal `group`s at one site are one work item, however many resources wait for it. */
export interface WorkNeed {
  readonly reason: WorkReason;
  /** FHIRPath of the element that is the matter. */
  readonly element: string;
  /** What one decision would settle, such as `http://loinc.org|1234-5` or `platelets:Kilo/uL`. No patient data. */
  readonly group: string;
  /** One sentence: what is the matter. No patient data: codes and unit strings yes, values and names no. */
  readonly detail: string;
  /** One sentence: what to do. */
  readonly fix: string;
  /**
   * A reference at this site (`Medication/12`) whose arrival settles it, `DiagnosticReport.result` where any report that
   * lists it does; null where a person must.
   */
  readonly waitsFor: string | null;
  /** Set where a map entry would settle it. */
  readonly about?: MappingQuestion;
  /** What the element means for the trial, where figures depend on it. */
  readonly concerns?: WorkConcern;
}

/** Something about a fact that its sender should look at; the fact stands all the same. */
export interface MappingWarning {
  /** Such as `unusual-value`. */
  readonly reason: string;
  readonly element: string;
  /** One sentence each, without patient data: what is unusual, and what to check. */
  readonly detail: string;
  readonly fix: string;
}

/** What a resource says, or why it says nothing. */
export interface MappingResult {
  readonly facts: readonly Fact[];
  readonly work: readonly WorkNeed[];
  /** Absent where there is none. */
  readonly warnings?: readonly MappingWarning[];
  /** Set where there is neither fact nor work: a code such as `code-not-needed`, the element, and a sentence. */
  readonly ignored: { readonly reason: string; readonly element: string; readonly detail: string } | null;
}

/** What mapping needs to know beyond the resource itself. */
export interface MappingContext {
  readonly subject: string;
  readonly site: string;
  /** The subject's study, whose own maps and views come before the general ones; undefined: the general ones only. */
  readonly study?: string;
  /** IANA name, such as `Asia/Shanghai`: the calendar in which the site's days are counted. */
  readonly timeZone: string;
  /** The version that the resource was sent in; R4 where it is not said. */
  readonly fhirVersion?: FhirVersion;
  /** Elements of reports and panels from which the resource has what it did not say itself; empty where none did. */
  readonly inheritedFrom?: readonly Source[];
  /** The current version at this site of `Type/id`, contained resources excluded; undefined where it has not arrived. */
  resolve(reference: string): Resource | undefined;
}
