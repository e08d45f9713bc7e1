import { isObject, type Resource } from '../../fhir/resource.ts';
import { listElementsAt, parseElementPath } from './list-elements.ts';

/** The elements in which a resource is labelled (R4 Meta). */
export const LABEL_ELEMENTS = ['meta.security', 'meta.tag'];

/** The systems under which v3 ActReason is sent. */
const ACT_REASON_SYSTEMS = [
  'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  'http://hl7.org/fhir/v3/ActReason',
  'urn:oid:2.16.840.1.113883.5.8',
];

/** The labels of data that were made to test a system. */
const TEST_LABELS = [
  ...ACT_REASON_SYSTEMS.map((system) => `${system}|HTEST`),
  ...['D', 'N', 'T', 'V'].map((code) => `http://terminology.hl7.org/CodeSystem/v2-0103|${code}`),
];

/** The labels of data that were made to test a system, and of data whose own sender calls them unreliable. */
export const TEST_AND_UNRELIABLE_LABELS = [
  ...TEST_LABELS,
  ...['UNRELIABLE', 'UNCERTREL'].map(
    (code) => `http://terminology.hl7.org/CodeSystem/v3-ObservationValue|${code}`,
  ),
];

const LABEL_PATHS = LABEL_ELEMENTS.map(parseElementPath);

/**
 * Whether the resource is labelled as test data: of a Patient, that it is no patient (R4 Meta.security, HTEST). Unreliable
 * data are no test data.
 */
export function isTestData(resource: Resource): boolean {
  const labels = LABEL_PATHS.flatMap((path) => listElementsAt(resource, path, resource.resourceType));
  return labels.some(
    ({ value }) => isObject(value) && TEST_LABELS.includes(`${String(value.system)}|${String(value.code)}`),
  );
}
