import type { Resource } from '../../fhir/resource.ts';
import type { WorkNeed } from '../mapping-result.ts';
import type { ReaderInput } from '../readers/reader-input.ts';
import type { FoundElement } from './list-elements.ts';

/** A resource whose elements are checked, and the result that depends on it. */
export interface MeaningScope {
  /** The resource, or the Specimen or product to which it refers. */
  readonly resource: Resource;
  /** FHIRPath of the resource: `Observation`, `Specimen`, `DiagnosticReport.contained[1]`. */
  readonly at: string;
  /** The resource in whose `contained` the references `#id` of `resource` lead. */
  readonly container: Resource;
  /** The Reference to the patient of the result; undefined if it has none of its own. */
  readonly subject: unknown;
  /** The resource that contains `subject`. */
  readonly subjectContainer: Resource;
  /** Whether the result states a value that would be used. */
  readonly hasValue: boolean;
  readonly input: ReaderInput;
}

/** A need, or the decision of a person that results with this code are not used: these are ignored. */
export interface MeaningNeed extends WorkNeed {
  readonly isNotUsed?: true;
}

/** Removes the indexes, so that the same question about several list entries is one work item. */
export const stripIndexes = (element: string): string => element.replace(/\[\d+\]/g, '');

/** Builds the need for an element that is said and not understood. `about`: what was said, without patient data. */
export function createNotUnderstoodNeed(
  { element }: Pick<FoundElement, 'element'>,
  about: string,
  detail: string,
  fix: string,
): WorkNeed {
  return {
    reason: 'not-understood',
    element,
    group: `${stripIndexes(element)}:${about}`,
    detail,
    fix,
    waitsFor: null,
  };
}
