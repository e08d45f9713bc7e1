import { OBSERVATION_RULES, REPORT_RULES, SPECIMEN_RULES } from './laboratory-elements.ts';
import type { MeaningRule } from './meaning-rule.ts';
import { ADVERSE_EVENT_RULES, CONDITION_RULES, PATIENT_RULES } from './person-elements.ts';
import { LABEL_ELEMENTS, TEST_AND_UNRELIABLE_LABELS } from './test-data.ts';
import { ADMINISTRATION_RULES, PROCEDURE_RULES, PRODUCT_RULES } from './treatment-elements.ts';

/** The elements of every resource. `modifierExtension` and `implicitRules` are checked at any depth (unknown-modifiers.ts). */
export const COMMON_RULES: readonly MeaningRule[] = [
  {
    elements: LABEL_ELEMENTS,
    why: 'R4 Meta.security, Meta.tag: test health data (HTEST; v2-0103 by converters of HL7 v2) are of no patient.',
    handling: { kind: 'labels', held: TEST_AND_UNRELIABLE_LABELS },
  },
];

/**
 * The table of elements that can change what a resource means, by resource type: which are read, which are harmless and
 * why, and which must be understood, or the resource is held. It names every element of the types that are mapped (R4, and
 * R5 where it is read); a test compares it with the shapes of both. The check reads the resource and not the row of a view,
 * so that a site that replaces a view cannot lose it.
 */
export const MEANING_TABLE: Readonly<Record<string, readonly MeaningRule[]>> = {
  Observation: OBSERVATION_RULES,
  DiagnosticReport: REPORT_RULES,
  Specimen: SPECIMEN_RULES,
  Procedure: PROCEDURE_RULES,
  MedicationAdministration: ADMINISTRATION_RULES,
  Medication: PRODUCT_RULES,
  Substance: PRODUCT_RULES,
  BiologicallyDerivedProduct: PRODUCT_RULES,
  AdverseEvent: ADVERSE_EVENT_RULES,
  Condition: CONDITION_RULES,
  Patient: PATIENT_RULES,
};

/** What an Observation can be about without being about somebody else (R4 Observation.focus): a condition, an intervention. */
export const FOCUS_TYPES_ABOUT_PATIENT: ReadonlySet<string> = new Set([
  ...[
    'Condition',
    'AllergyIntolerance',
    'AdverseEvent',
    'DetectedIssue',
    'ClinicalImpression',
    'RiskAssessment',
  ],
  ...[
    'Procedure',
    'MedicationRequest',
    'MedicationAdministration',
    'MedicationStatement',
    'MedicationDispense',
  ],
  ...['Immunization', 'NutritionOrder', 'NutritionIntake', 'ServiceRequest', 'CarePlan', 'Goal', 'Task'],
  ...['Encounter', 'EpisodeOfCare', 'Appointment', 'Observation', 'DiagnosticReport', 'ImagingStudy'],
  ...['QuestionnaireResponse', 'DocumentReference', 'ResearchStudy', 'ResearchSubject', 'Flag'],
]);
