import type { StudyResults } from '../registry-results/build-results.ts';
import type { RecordDate } from '../registry-results/protocol-record.ts';
import { omitPlaceholder } from '../registry-results/required-fields.ts';

/** The API's word for one of PRS: `Not yet recruiting` → NOT_YET_RECRUITING. */
const toApiCode = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

function findCode(codes: Readonly<Record<string, string>>, text: string): string | undefined {
  return codes[text];
}

const STATUS_CODES = new Set([
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
const INTERVENTION_MODELS = {
  'Single Group Assignment': 'SINGLE_GROUP',
  'Parallel Assignment': 'PARALLEL',
  'Crossover Assignment': 'CROSSOVER',
  'Factorial Assignment': 'FACTORIAL',
  'Sequential Assignment': 'SEQUENTIAL',
};
const PRIMARY_PURPOSES = {
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
const INTERVENTION_TYPES = {
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
const SECONDARY_ID_TYPES = {
  'NIH Grant Number': 'NIH',
  'Other Grant/Funding Number': 'OTHER_GRANT',
  'Registry Identifier': 'REGISTRY',
  'EudraCT Number': 'EUDRACT_NUMBER',
  'EU Trial (CTIS) Number': 'CTIS',
  'Other Identifier': 'OTHER',
};
const YES_NO: Readonly<Record<string, boolean>> = { Yes: true, No: false };

/** What holds no text and no entries is left out, so that a draft's gaps do not show as empty values. */
export function omitUndefined<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function toDateStruct({ date, type }: RecordDate) {
  const day = omitPlaceholder(date);
  const words: Readonly<Record<string, string>> = { Actual: 'ACTUAL', Anticipated: 'ESTIMATED' };
  return day === undefined ? undefined : { date: day, type: findCode(words, type) };
}

function toIdentificationModule({ identity, record }: StudyResults) {
  return {
    nctId: identity.nctId ?? undefined,
    orgStudyIdInfo: { id: identity.orgStudyId },
    secondaryIdInfos: identity.secondaryIds.length
      ? identity.secondaryIds.map(({ id, type, domain }) => ({
          id,
          type: findCode(SECONDARY_ID_TYPES, type ?? ''),
          domain,
        }))
      : undefined,
    organization: { fullName: identity.orgName },
    briefTitle: record.briefTitle,
    officialTitle: record.officialTitle,
    acronym: record.registry.acronym,
  };
}

function toDesignModule({ record }: StudyResults) {
  return {
    studyType: 'INTERVENTIONAL',
    phases: PHASES[record.phase],
    designInfo: {
      allocation: findCode(ALLOCATIONS, record.allocation),
      interventionModel: findCode(INTERVENTION_MODELS, record.assignment),
      primaryPurpose: findCode(PRIMARY_PURPOSES, record.purpose),
      maskingInfo: record.masking === 'None' ? { masking: 'NONE' } : undefined,
    },
    enrollmentInfo: { count: Number(record.enrollment.value), type: 'ACTUAL' },
  };
}

function toArmsInterventionsModule({ record }: StudyResults) {
  const { arm, interventions } = record;
  return {
    armGroups: [
      {
        label: arm.label,
        type: omitPlaceholder(arm.type) && toApiCode(arm.type),
        description: arm.description,
        interventionNames: interventions.map(({ type, name }) => `${type.split('/')[0]}: ${name}`),
      },
    ],
    interventions: interventions.map(({ type, name, description, otherNames }) => ({
      type: findCode(INTERVENTION_TYPES, type),
      name,
      description,
      armGroupLabels: [arm.label],
      otherNames: otherNames.length ? otherNames : undefined,
    })),
  };
}

function toOutcomesModule({ registeredOutcomes: registered }: StudyResults) {
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

function toEligibilityModule({ record }: StudyResults) {
  const { criteria, healthyVolunteers, sex, minimumAge, maximumAge } = record.eligibility;
  const age = (text: string): string | undefined => (text === 'N/A' ? undefined : omitPlaceholder(text));
  return {
    eligibilityCriteria: criteria,
    healthyVolunteers: YES_NO[healthyVolunteers],
    sex: omitPlaceholder(sex) && toApiCode(sex),
    minimumAge: age(minimumAge),
    maximumAge: age(maximumAge),
  };
}

function toContactsLocationsModule({ record }: StudyResults) {
  const roles = new Set(['PRINCIPAL_INVESTIGATOR', 'STUDY_CHAIR', 'STUDY_DIRECTOR']);
  return {
    overallOfficials: record.officials.map(({ first, lastName, degrees, role, affiliation }) => ({
      name: [[first, lastName].filter((one) => one !== null).join(' '), degrees].filter(Boolean).join(', '),
      affiliation,
      role: roles.has(toApiCode(role)) ? toApiCode(role) : undefined,
    })),
    locations: record.registry.locations?.map(({ name, city, state, country, zip }) => ({
      facility: name,
      city,
      state,
      country,
      zip,
    })),
  };
}

function toStatusModule({ record }: StudyResults) {
  return {
    statusVerifiedDate: omitPlaceholder(record.verified),
    overallStatus: STATUS_CODES.has(toApiCode(record.status)) ? toApiCode(record.status) : undefined,
    whyStopped: record.registry.whyStopped,
    startDateStruct: toDateStruct(record.start),
    primaryCompletionDateStruct: toDateStruct(record.primaryCompletion),
    completionDateStruct: toDateStruct(record.completion),
  };
}

function toSponsorCollaboratorsModule({ record }: StudyResults) {
  const { collaborators, responsible } = record.registry;
  return {
    responsibleParty: omitPlaceholder(record.responsibleType) && {
      type: toApiCode(record.responsibleType),
      investigatorTitle: responsible?.title,
      investigatorAffiliation: responsible?.affiliation,
    },
    leadSponsor: { name: record.sponsor },
    collaborators: collaborators?.map((name) => ({ name })),
  };
}

/** `protocolSection` of API v2. A closed list's word that is a draft's placeholder is left out. */
export function toProtocolSection(study: StudyResults) {
  const { record } = study;
  const { registry: more } = record;
  return omitUndefined({
    identificationModule: toIdentificationModule(study),
    statusModule: toStatusModule(study),
    sponsorCollaboratorsModule: toSponsorCollaboratorsModule(study),
    oversightModule: {
      oversightHasDmc: YES_NO[record.hasDmc],
      isFdaRegulatedDrug: YES_NO[record.fdaDrug],
      isFdaRegulatedDevice: YES_NO[record.fdaDevice],
    },
    descriptionModule: { briefSummary: record.briefSummary, detailedDescription: more.detailedDescription },
    conditionsModule: { conditions: record.conditions, keywords: more.keywords },
    designModule: toDesignModule(study),
    armsInterventionsModule: toArmsInterventionsModule(study),
    outcomesModule: toOutcomesModule(study),
    eligibilityModule: toEligibilityModule(study),
    contactsLocationsModule: toContactsLocationsModule(study),
    referencesModule: more.references && {
      references: more.references.map(({ citation, pubmedId, isResult }) => ({
        pmid: pubmedId,
        type: isResult === 'Yes' ? 'RESULT' : 'BACKGROUND',
        citation,
      })),
    },
  });
}
