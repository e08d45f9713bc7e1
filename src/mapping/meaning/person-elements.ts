import { listRules, type MeaningRule } from './meaning-rule.ts';

/** AdverseEvent, R4 and R5. Potential events, and those that state the absence of an event, are ignored by their reader. */
export const ADVERSE_EVENT_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'adverse-event view':
      'status actuality event code date occurrence detected recordedDate seriousness severity outcome',
    'Effect and causality (adverse-event view)': 'resultingCondition resultingEffect suspectEntity',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 AdverseEvent.subject may be a Group, Practitioner or RelatedPerson: none of them is a subject of the study.',
    handling: { kind: 'patient' },
  },
  ...listRules('harmless', {
    'The kind of event: its term says what happened': 'category',
    'Where, by whom and in which study it was recorded':
      'encounter location recorder contributor participant study',
    'Whether the protocol foresaw it': 'expectedInResearchStudy',
    'History of the patient, and what was considered':
      'subjectMedicalHistory referenceDocument supportingInfo',
    'What may have contributed, and what was done': 'contributingFactor preventiveAction mitigatingAction',
    'Prose for people: nothing is decided by it': 'note',
  }),
];

/** Condition. Refuted and unconfirmed conditions are ignored by their reader. */
export const CONDITION_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'condition view': 'clinicalStatus verificationStatus code onset abatement recordedDate',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 Condition.subject may be a Group: it is not a subject of the study.',
    handling: { kind: 'patient' },
  },
  ...listRules('harmless', {
    'Problem list or diagnosis of an encounter: the patient has it': 'category encounter',
    'How severe and how far it is; the code says what it is': 'severity stage',
    'The site of an infection does not change that there is one': 'bodySite',
    'Who stated it, and on what evidence': 'recorder asserter evidence',
    'Diagnoses that were ruled out on the way to this one (condition-ruledOut)':
      'extension(http://hl7.org/fhir/StructureDefinition/condition-ruledOut)',
    'Prose for people: nothing is decided by it': 'note',
  }),
];

/** Patient. */
export const PATIENT_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'patient view': 'gender birthDate deceased',
    'Record linkage': 'identifier link',
  }),
  {
    elements: ['extension(http://hl7.org/fhir/StructureDefinition/patient-animal)'],
    why: 'patient-animal: the patient is an animal.',
    handling: { kind: 'absent' },
  },
  ...listRules('harmless', {
    'Records of people who died or have not been seen for long are inactive too (R4 Patient.active); a record that was replaced says so by its link':
      'active',
    'Name and address, which are not read': 'name telecom address photo',
    'Other characteristics, which the trial does not use': 'maritalStatus multipleBirth communication',
    'Relatives and carers': 'contact generalPractitioner managingOrganization',
  }),
];
