import { listRules, type MeaningRule } from './meaning-rule.ts';

/** Procedure. `not-done` and other statuses are read: a treatment that was not given states none. */
export const PROCEDURE_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'procedure view': 'status code performed usedCode usedReference',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 Procedure.subject may be a Group: it is not a subject of the study.',
    handling: { kind: 'patient' },
  },
  {
    elements: ['extension(http://hl7.org/fhir/5.0/StructureDefinition/extension-Procedure.focus)'],
    why: 'R5 Procedure.focus: the target of the procedure when it is not the patient of record, such as a donor.',
    handling: { kind: 'focus' },
  },
  ...listRules('harmless', {
    'Why it was done, by which plan, as part of what':
      'instantiatesCanonical instantiatesUri basedOn partOf category encounter reasonCode reasonReference',
    'Why it has its status; the status itself is read': 'statusReason',
    'Who did, recorded or stated it, and where; a donor may be among the performers':
      'recorder asserter performer location',
    'The site of an infusion does not change what was given': 'bodySite',
    'What followed from it: complications are adverse events of their own':
      'outcome report complication complicationDetail followUp',
    'A device that was put in or changed is not given': 'focalDevice',
    'Prose for people: nothing is decided by it': 'note',
  }),
];

/** MedicationAdministration, R4 and R5. */
export const ADMINISTRATION_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'medication-administration view': 'status medication effective occurence dosage',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 MedicationAdministration.subject may be a Group: it is not a subject of the study.',
    handling: { kind: 'patient' },
  },
  ...listRules('harmless', {
    'Why it was given, by which order, as part of what':
      'instantiates basedOn partOf category context encounter reasonCode reasonReference reason request',
    'Why it has its status; the status itself is read': 'statusReason',
    'Part of the dose was not given; the drug was (R5). The dose is the one that is stated':
      'isSubPotent subPotentReason',
    'What was considered': 'supportingInformation',
    'Who gave it, with what, and when it was recorded': 'performer device recorded eventHistory',
    'Prose for people: nothing is decided by it': 'note',
  }),
];

/** Medication, Substance and BiologicallyDerivedProduct: what was given. The giver of a product is no patient of the trial. */
export const PRODUCT_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'product views': 'code productCode status',
    'Identity of the resource (intake)': 'identifier',
  }),
  ...listRules('harmless', {
    'Form, amount and ingredients of a product that has a code': 'manufacturer form amount ingredient batch',
    'Kind and description of a substance that has a code': 'category description instance',
    'Category, order, number and origin of a product; its source is the donor':
      'productCategory request quantity parent collection',
    'How it was made and kept': 'processing manipulation storage',
  }),
];
