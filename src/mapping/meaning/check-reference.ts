import { isObject } from '../../fhir/resource.ts';
import type { WorkNeed } from '../mapping-result.ts';
import { comparePatientReferences, type ReferenceInPlace, readReferencedType } from './compare-patients.ts';
import type { FoundElement } from './list-elements.ts';
import { createNotUnderstoodNeed, type MeaningScope } from './meaning-scope.ts';
import { FOCUS_TYPES_ABOUT_PATIENT } from './meaning-table.ts';

const SUBJECT_FIX = 'Send it with the patient whose data these are as subject, or reject the work item.';

/** Whether the reference leads to the patient of the result; null if that cannot be determined. */
function isPatientOfResult(place: ReferenceInPlace, scope: MeaningScope): boolean | null {
  const { subject, subjectContainer, input } = scope;
  const stated = isObject(subject)
    ? comparePatientReferences(place, { reference: subject, container: subjectContainer })
    : null;
  if (stated === true) return true;
  // A contained patient is known to the pipeline by its identifiers only, which the comparison has read.
  return input.context.isSamePatient?.(place.reference) ?? stated;
}

/** Checks that a subject is a patient, as far as the reference says what it is; who they are is resolved by intake. */
export function checkPatientType(found: FoundElement, { container }: MeaningScope): readonly WorkNeed[] {
  const { value: reference, element } = found;
  const type = isObject(reference) ? readReferencedType({ reference, container }) : null;
  if (type === null || type === 'Patient') return [];
  const detail = `${element} leads to a ${type}, which is no patient.`;
  return [createNotUnderstoodNeed(found, type, detail, SUBJECT_FIX)];
}

/** Checks that a reference leads to the patient of the result: neither to another patient nor to a device or group. */
export function checkSamePatient(found: FoundElement, scope: MeaningScope): readonly WorkNeed[] {
  const { value: reference, element } = found;
  const place = { reference: isObject(reference) ? reference : {}, container: scope.container };
  const type = readReferencedType(place);
  const isPatient = type === null || type === 'Patient';
  const isSame = isPatient ? isPatientOfResult(place, scope) : false;
  if (isSame === true) return [];
  const detail = !isPatient
    ? `${element} leads to a ${type}, not to the patient of the result.`
    : isSame === false
      ? `${element} leads to another patient than the result.`
      : `${element} cannot be compared with the patient of the result.`;
  const about = !isPatient ? type : isSame === false ? 'another patient' : 'unknown patient';
  return [createNotUnderstoodNeed(found, about, detail, SUBJECT_FIX)];
}

/**
 * Checks a focus: the patient, or something that only says what the value is about (FHIR R4 Observation.focus: an existing
 * condition, an intervention, another observation). Anybody and anything else is held. A focus on a Specimen is checked
 * with the specimen's own rules by the caller.
 */
export function checkFocus(found: FoundElement, scope: MeaningScope): readonly WorkNeed[] {
  const { value: reference, element } = found;
  const place = { reference: isObject(reference) ? reference : {}, container: scope.container };
  const type = readReferencedType(place);
  if (type !== null && FOCUS_TYPES_ABOUT_PATIENT.has(type)) return [];
  if ((type === null || type === 'Patient') && isPatientOfResult(place, scope) === true) return [];
  const detail =
    type === 'Patient'
      ? `${element} leads to a patient other than the subject, or to one who cannot be compared with them.`
      : `${element} says that the value is about ${type === null ? 'something that is not named' : `a ${type}`}, not about the subject.`;
  return [createNotUnderstoodNeed(found, type ?? 'unknown', detail, SUBJECT_FIX)];
}
