import { listRules, type MeaningCheck, type MeaningRule } from './meaning-rule.ts';

const EXTENSION_BASE = 'http://hl7.org/fhir/StructureDefinition';
const R5_EXTENSION_BASE = 'http://hl7.org/fhir/5.0/StructureDefinition';

/** Blood from a vein, an artery, a capillary or a line is the patient's; an unspecific code says nothing. */
const BLOOD: MeaningCheck = {
  kind: 'concept',
  vocabulary: 'specimen-type',
  accepted: ['blood', 'unspecified'],
};

const SAMPLING_SITE: MeaningCheck = {
  kind: 'concept',
  vocabulary: 'body-site',
  accepted: ['sampling-site', 'unspecified'],
};

/** Quality control failure: the laboratory's own control of the run was not met. */
const FAILED_CONTROLS: MeaningCheck = {
  kind: 'labels',
  held: ['http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation|QCF'],
};

/** Observation, R4 and R5. */
export const OBSERVATION_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'observation-measurement view':
      'status category code effective value dataAbsentReason method component hasMember',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 Observation.subject may be a Group, Device or Location: none of them is a subject of the study.',
    handling: { kind: 'patient' },
  },
  {
    elements: ['focus', `extension(${R5_EXTENSION_BASE}/extension-Observation.focus)`],
    why: 'R4 Observation.focus: whom or what the value is about when it is not the patient of record, such as a donor.',
    handling: { kind: 'focus' },
    namedAs: 'focus',
  },
  {
    elements: [`extension(${EXTENSION_BASE}/observation-focusCode)`],
    why: 'observation-focusCode: the focus as a code, such as donor, fetus or spouse.',
    handling: { kind: 'concept', vocabulary: 'focal-subject', accepted: ['patient'] },
    namedAs: 'focus',
  },
  {
    elements: ['specimen'],
    why: 'R4 Observation.specimen: the material may be of another person, of another kind or unusable.',
    handling: { kind: 'specimen' },
  },
  {
    elements: [`extension(${EXTENSION_BASE}/observation-specimenCode)`],
    why: 'observation-specimenCode: the type of the specimen where no Specimen is sent.',
    handling: BLOOD,
    namedAs: 'specimen',
    isForValuesOnly: true,
  },
  {
    elements: ['bodySite'],
    why: 'R4 Observation.bodySite: a count in marrow is not one in blood; an arm or a central line does not matter.',
    handling: SAMPLING_SITE,
    isForValuesOnly: true,
  },
  {
    elements: ['bodyStructure', `extension(${EXTENSION_BASE}/bodySite)`],
    why: 'R5 Observation.bodyStructure: a structure of its own, such as a tumour, which nothing here reads.',
    handling: { kind: 'absent' },
    isForValuesOnly: true,
  },
  {
    elements: ['interpretation', 'component.interpretation'],
    why: 'R4 Observation.interpretation says high or low, which is not used, or that quality control failed.',
    handling: FAILED_CONTROLS,
    isForValuesOnly: true,
  },
  ...listRules('harmless', {
    'Why and in which course of care the result was made':
      'basedOn partOf encounter instantiates triggeredBy',
    'Who and what made it; of an adjudication the person, read by its own view': 'performer device',
    'When it was released; the time of collection counts (R4 Observation.issued)': 'issued',
    'Limits of the laboratory; the trial has its own': 'referenceRange',
    'From which results it was derived; the value is stated all the same': 'derivedFrom',
    'Prose for people: nothing is decided by it; of an adjudication the reason, shown as it is': 'note',
  }),
];

/** Specimen, referenced or contained. */
export const SPECIMEN_RULES: readonly MeaningRule[] = [
  ...listRules('read', { 'The collection time (specimen view)': 'collection.collected' }),
  {
    elements: ['subject'],
    why: 'R4 Specimen.subject (0..1): where the material comes from. Absent: from the patient of the result.',
    handling: { kind: 'same-patient' },
  },
  {
    elements: ['status'],
    why: 'R4 Specimen.status: unavailable is used up, unsatisfactory cannot be used, entered-in-error is void.',
    handling: { kind: 'codes', accepted: ['available', 'unavailable'] },
    isForValuesOnly: true,
  },
  {
    elements: ['type'],
    why: 'R4 Specimen.type: marrow, cord blood, a product bag or an effusion is not the blood that is assessed.',
    handling: BLOOD,
    isForValuesOnly: true,
  },
  {
    elements: ['condition'],
    why: 'R4 Specimen.condition (v2-0493): counts in clotted, haemolysed or contaminated blood are not usable.',
    handling: { kind: 'concept', vocabulary: 'specimen-condition', accepted: ['usable', 'unspecified'] },
    isForValuesOnly: true,
  },
  {
    elements: [`extension(${EXTENSION_BASE}/specimen-rejectReason)`],
    why: 'specimen-rejectReason: the laboratory refused the specimen.',
    handling: { kind: 'concept', vocabulary: 'specimen-condition', accepted: ['usable', 'unspecified'] },
    isForValuesOnly: true,
  },
  {
    elements: ['role', `extension(${R5_EXTENSION_BASE}/extension-Specimen.role)`],
    why: 'R5 Specimen.role (v2-0369): control, calibrator and proficiency material is of no patient.',
    handling: { kind: 'concept', vocabulary: 'specimen-role', accepted: ['patient'] },
    isForValuesOnly: true,
  },
  {
    elements: ['collection.bodySite'],
    why: 'R4 Specimen.collection.bodySite: as Observation.bodySite.',
    handling: SAMPLING_SITE,
    isForValuesOnly: true,
  },
  ...listRules('harmless', {
    'Names of the specimen': 'identifier accessionIdentifier',
    'When it arrived and why it was taken': 'receivedTime request',
    'An aliquot says for itself what it is': 'parent',
    'Who took it and how much': 'collection.collector collection.duration collection.quantity',
    'Vein, finger or line: all are blood of the patient; the type says what it is': 'collection.method',
    'Blood counts do not depend on food': 'collection.fastingStatus',
    'Steps of the laboratory on the way to its result': 'processing',
    'The tube; the laboratory that counted in it vouches for it': 'container',
    'Prose for people: nothing is decided by it': 'note',
  }),
];

/** DiagnosticReport: its contained Observations are checked by the rules of Observation, each by itself. */
export const REPORT_RULES: readonly MeaningRule[] = [
  ...listRules('read', {
    'What its results inherit': 'status effective specimen result',
    'Identity of the resource (intake)': 'identifier',
  }),
  {
    elements: ['subject'],
    why: 'R4 DiagnosticReport.subject may be a Group, Device or Location: none of them is a subject of the study.',
    handling: { kind: 'patient' },
  },
  ...listRules('harmless', {
    'The kind of report; its results have codes of their own': 'category code',
    'Why and in which course of care': 'basedOn encounter',
    'Who made it and when it was released': 'performer resultsInterpreter issued',
    'A conclusion of people about results that are read by themselves': 'conclusion conclusionCode',
    'Images and documents': 'imagingStudy media presentedForm',
  }),
];
