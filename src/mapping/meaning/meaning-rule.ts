/**
 * How an element is checked that can change whose or which data a resource states.
 * - `patient`: the reference must lead to a patient, not to a group, a device or a relative;
 * - `same-patient`: the reference must lead to the patient whom the result is about;
 * - `focus`: it must lead to that patient, or to something that only says what the result is about;
 * - `specimen`: the Specimen must itself satisfy the table;
 * - `concept`: the code must have one of the terms `accepted` in the vocabulary; a code in no map is asked;
 * - `codes`: the code must be one of `accepted`;
 * - `labels`: none of the codings may be one of `held` (`system|code`);
 * - `absent`: the element must not be there.
 */
export type MeaningCheck =
  | { readonly kind: 'patient' | 'same-patient' | 'focus' | 'specimen' | 'absent' }
  | { readonly kind: 'concept'; readonly vocabulary: string; readonly accepted: readonly string[] }
  | { readonly kind: 'codes'; readonly accepted: readonly string[] }
  | { readonly kind: 'labels'; readonly held: readonly string[] };

/**
 * How the mapping treats elements of one resource type: `read` by a view and its reader, `harmless` to ignore because
 * they do not change what the others say, or `checked`, so that the resource is held unless they are understood.
 */
export interface MeaningRule {
  /** Paths below the resource, such as `collection.bodySite`; `extension(URL)` is an extension of the resource. */
  readonly elements: readonly string[];
  /** The reason, with the section of FHIR R4 or the definition of the extension. */
  readonly why: string;
  readonly handling: 'read' | 'harmless' | MeaningCheck;
  /** The element that a work item names, where an extension states what an element of the resource is for. */
  readonly namedAs?: string;
  /** The check matters only where a count or a finding would be used: a result without a value stays as it is. */
  readonly isForValuesOnly?: boolean;
}

/** Lists the rules of one kind: each entry is a reason and the elements to which it applies. */
export const listRules = (
  handling: 'read' | 'harmless',
  elementsByReason: Readonly<Record<string, string>>,
): readonly MeaningRule[] =>
  Object.entries(elementsByReason).map(([why, elements]) => ({
    elements: elements.split(' '),
    why,
    handling,
  }));
