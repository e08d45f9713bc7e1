import type { StudyResults } from './build.ts';
import type { RecordDate } from './record.ts';
import { known } from './wanted.ts';

/** The API's word for one of PRS: `Not yet recruiting` → NOT_YET_RECRUITING. */
const code = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

function codeIn(codes: Readonly<Record<string, string>>, text: string): string | undefined {
  return codes[text];
}

const STATUSES = new Set([
  'ACTIVE_NOT_RECRUITING',
  'COMPLETED',
  'ENROLLING_BY_INVITATION',
  'NOT_YET_RECRUITING',
  'RECRUITING',
  'SUSPENDED',
  'TERMINATED',
  'WITHDRAWN',
]);
const PHASES: Readonly<Record<string, readonly string[]>> = {
  'Early Phase 1': ['EARLY_PHASE1'],
  'Phase 1': ['PHASE1'],
  'Phase 1/2': ['PHASE1', 'PHASE2'],
  'Phase 2': ['PHASE2'],
  'Phase 2/3': ['PHASE2', 'PHASE3'],
  'Phase 3': ['PHASE3'],
  'Phase 4': ['PHASE4'],
  'N/A': ['NA'],
};
const ALLOCATIONS = { Randomized: 'RANDOMIZED', 'Non-randomized': 'NON_RANDOMIZED', 'N/A': 'NA' };
const MODELS = {
  'Single Group Assignment': 'SINGLE_GROUP',
  'Parallel Assignment': 'PARALLEL',
  'Crossover Assignment': 'CROSSOVER',
  'Factorial Assignment': 'FACTORIAL',
  'Sequential Assignment': 'SEQUENTIAL',
};
const PURPOSES = {
  Treatment: 'TREATMENT',
  Prevention: 'PREVENTION',
  Diagnostic: 'DIAGNOSTIC',
  'Supportive Care': 'SUPPORTIVE_CARE',
  Screening: 'SCREENING',
  'Health Services Research': 'HEALTH_SERVICES_RESEARCH',
  'Basic Science': 'BASIC_SCIENCE',
  'Device Feasibility': 'DEVICE_FEASIBILITY',
  Other: 'OTHER',
};
const INTERVENTIONS = {
  Drug: 'DRUG',
  Device: 'DEVICE',
  'Biological/Vaccine': 'BIOLOGICAL',
  'Procedure/Surgery': 'PROCEDURE',
  Radiation: 'RADIATION',
  Behavioral: 'BEHAVIORAL',
  Genetic: 'GENETIC',
  'Dietary Supplement': 'DIETARY_SUPPLEMENT',
  'Combination Product': 'COMBINATION_PRODUCT',
  'Diagnostic Test': 'DIAGNOSTIC_TEST',
  Other: 'OTHER',
};
const SECOND_IDS = {
  'NIH Grant Number': 'NIH',
  'Other Grant/Funding Number': 'OTHER_GRANT',
  'Registry Identifier': 'REGISTRY',
  'EudraCT Number': 'EUDRACT_NUMBER',
  'EU Trial (CTIS) Number': 'CTIS',
  'Other Identifier': 'OTHER',
};
const YES_NO: Readonly<Record<string, boolean>> = { Yes: true, No: false };

/** What holds no text and no entries is left out, so that a draft's gaps do not show as empty values. */
export function without<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function dateStruct({ date, type }: RecordDate) {
  const day = known(date);
  const words: Readonly<Record<string, string>> = { Actual: 'ACTUAL', Anticipated: 'ESTIMATED' };
  return day === undefined ? undefined : { date: day, type: codeIn(words, type) };
}

function identification({ identity, record }: StudyResults) {
  return {
    nctId: identity.nctId ?? undefined,
    orgStudyIdInfo: { id: identity.orgStudyId },
    secondaryIdInfos: identity.secondaryIds.length
      ? identity.secondaryIds.map(({ id, type, domain }) => ({
          id,
          type: codeIn(SECOND_IDS, type ?? ''),
          domain,
        }))
      : undefined,
    organization: { fullName: identity.orgName },
    briefTitle: record.briefTitle,
    officialTitle: record.officialTitle,
    acronym: record.more.acronym,
  };
}

function designModule({ record }: StudyResults) {
  return {
    studyType: 'INTERVENTIONAL',
    phases: PHASES[record.phase],
    designInfo: {
      allocation: codeIn(ALLOCATIONS, record.allocation),
      interventionModel: codeIn(MODELS, record.assignment),
      primaryPurpose: codeIn(PURPOSES, record.purpose),
      maskingInfo: record.masking === 'None' ? { masking: 'NONE' } : undefined,
    },
    enrollmentInfo: { count: Number(record.enrollment.value), type: 'ACTUAL' },
  };
}

function arms({ record }: StudyResults) {
  const { arm, interventions } = record;
  return {
    armGroups: [
      {
        label: arm.label,
        type: known(arm.type) && code(arm.type),
        description: arm.description,
        interventionNames: interventions.map(({ type, name }) => `${type.split('/')[0]}: ${name}`),
      },
    ],
    interventions: interventions.map(({ type, name, description, otherNames }) => ({
      type: codeIn(INTERVENTIONS, type),
      name,
      description,
      armGroupLabels: [arm.label],
      otherNames: otherNames.length ? otherNames : undefined,
    })),
  };
}

function outcomes({ registered }: StudyResults) {
  const of = (word: string) => {
    const found = registered.filter(({ type }) => type === word);
    return found.length === 0
      ? undefined
      : found.map(({ title, timeFrame, description }) => ({
          measure: title,
          description: description ?? undefined,
          timeFrame,
        }));
  };
  return {
    primaryOutcomes: of('Primary'),
    secondaryOutcomes: of('Secondary'),
    otherOutcomes: of('Other Pre-specified'),
  };
}

function eligibility({ record }: StudyResults) {
  const { criteria, healthyVolunteers, sex, minimumAge, maximumAge } = record.eligibility;
  const age = (text: string): string | undefined => (text === 'N/A' ? undefined : known(text));
  return {
    eligibilityCriteria: criteria,
    healthyVolunteers: YES_NO[healthyVolunteers],
    sex: known(sex) && code(sex),
    minimumAge: age(minimumAge),
    maximumAge: age(maximumAge),
  };
}

function contacts({ record }: StudyResults) {
  const roles = new Set(['PRINCIPAL_INVESTIGATOR', 'STUDY_CHAIR', 'STUDY_DIRECTOR']);
  return {
    overallOfficials: record.officials.map(({ first, lastName, degrees, role, affiliation }) => ({
      name: [[first, lastName].filter((one) => one !== null).join(' '), degrees].filter(Boolean).join(', '),
      affiliation,
      role: roles.has(code(role)) ? code(role) : undefined,
    })),
    locations: record.more.locations?.map(({ name, city, state, country, zip }) => ({
      facility: name,
      city,
      state,
      country,
      zip,
    })),
  };
}

function status({ record }: StudyResults) {
  return {
    statusVerifiedDate: known(record.verified),
    overallStatus: STATUSES.has(code(record.status)) ? code(record.status) : undefined,
    whyStopped: record.more.whyStopped,
    startDateStruct: dateStruct(record.start),
    primaryCompletionDateStruct: dateStruct(record.primaryCompletion),
    completionDateStruct: dateStruct(record.completion),
  };
}

function sponsorsOf({ record }: StudyResults) {
  const { collaborators, responsible } = record.more;
  return {
    responsibleParty: known(record.responsibleType) && {
      type: code(record.responsibleType),
      investigatorTitle: responsible?.title,
      investigatorAffiliation: responsible?.affiliation,
    },
    leadSponsor: { name: record.sponsor },
    collaborators: collaborators?.map((name) => ({ name })),
  };
}

/** `protocolSection` of API v2. A closed list's word that is a draft's placeholder is left out. */
export function protocolSection(study: StudyResults) {
  const { record } = study;
  const { more } = record;
  return without({
    identificationModule: identification(study),
    statusModule: status(study),
    sponsorCollaboratorsModule: sponsorsOf(study),
    oversightModule: {
      oversightHasDmc: YES_NO[record.hasDmc],
      isFdaRegulatedDrug: YES_NO[record.fdaDrug],
      isFdaRegulatedDevice: YES_NO[record.fdaDevice],
    },
    descriptionModule: { briefSummary: record.briefSummary, detailedDescription: more.detailedDescription },
    conditionsModule: { conditions: record.conditions, keywords: more.keywords },
    designModule: designModule(study),
    armsInterventionsModule: arms(study),
    outcomesModule: outcomes(study),
    eligibilityModule: eligibility(study),
    contactsLocationsModule: contacts(study),
    referencesModule: more.references && {
      references: more.references.map(({ citation, pubmedId, isResult }) => ({
        pmid: pubmedId,
        type: isResult === 'Yes' ? 'RESULT' : 'BACKGROUND',
        citation,
      })),
    },
  });
}
