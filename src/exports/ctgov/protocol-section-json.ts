import type { StudyResults } from '../registry-results/build-results.ts';
import type { RecordDate } from '../registry-results/protocol-record.ts';
import { omitPlaceholder, type RequiredField } from '../registry-results/required-fields.ts';
import type { OutcomeType } from '../registry-results/results-model.ts';

/** Converts a PRS word to the API's: `Not yet recruiting` → NOT_YET_RECRUITING. */
const toApiCode = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

/** Converts a field of a closed list in the same way; undefined for a placeholder. */
function toRequiredApiCode(field: RequiredField): string | undefined {
  const text = omitPlaceholder(field);
  return text === undefined ? undefined : toApiCode(text);
}

/** Finds the API's code for a PRS word; undefined for a word outside the list, such as a draft's placeholder. */
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
const DATE_TYPES = { Actual: 'ACTUAL', Anticipated: 'ESTIMATED' };
const OFFICIAL_ROLES = new Set(['PRINCIPAL_INVESTIGATOR', 'STUDY_CHAIR', 'STUDY_DIRECTOR']);
const YES_NO: Readonly<Record<string, boolean>> = { Yes: true, No: false };

/** Leaves out properties that are undefined, so that a draft's gaps do not show as empty values. */
export function omitUndefined<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function toDateStruct({ date, type }: RecordDate) {
  const text = omitPlaceholder(date);
  return text === undefined ? undefined : { date: text, type: findCode(DATE_TYPES, type) };
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
        type: toRequiredApiCode(arm.type),
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

function toOutcomesModule({ registeredOutcomes }: StudyResults) {
  const listOutcomes = (outcomeType: OutcomeType) => {
    const outcomes = registeredOutcomes.filter(({ type }) => type === outcomeType);
    return outcomes.length === 0
      ? undefined
      : outcomes.map(({ title, timeFrame, description }) => ({
          measure: title,
          description: description ?? undefined,
          timeFrame,
        }));
  };
  return {
    primaryOutcomes: listOutcomes('Primary'),
    secondaryOutcomes: listOutcomes('Secondary'),
    otherOutcomes: listOutcomes('Other Pre-specified'),
  };
}

function toEligibilityModule({ record }: StudyResults) {
  const { criteria, healthyVolunteers, sex, minimumAge, maximumAge } = record.eligibility;
  const toAge = (age: RequiredField) => (age.text === 'N/A' ? undefined : omitPlaceholder(age));
  return {
    eligibilityCriteria: criteria,
    healthyVolunteers: YES_NO[healthyVolunteers],
    sex: toRequiredApiCode(sex),
    minimumAge: toAge(minimumAge),
    maximumAge: toAge(maximumAge),
  };
}

function toContactsLocationsModule({ record }: StudyResults) {
  return {
    overallOfficials: record.officials.map(({ first, lastName, degrees, role, affiliation }) => ({
      name: [[first, lastName].filter((part) => part !== null).join(' '), degrees].filter(Boolean).join(', '),
      affiliation,
      role: OFFICIAL_ROLES.has(toApiCode(role)) ? toApiCode(role) : undefined,
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
  const type = toRequiredApiCode(record.responsibleType);
  return {
    responsibleParty: type && {
      type,
      investigatorTitle: responsible?.title,
      investigatorAffiliation: responsible?.affiliation,
    },
    leadSponsor: { name: record.sponsor },
    collaborators: collaborators?.map((name) => ({ name })),
  };
}

/** Builds `protocolSection` of API v2. A draft's placeholder is left out where the API has a closed list or a format. */
export function toProtocolSection(study: StudyResults) {
  const { record } = study;
  const { registry } = record;
  return omitUndefined({
    identificationModule: toIdentificationModule(study),
    statusModule: toStatusModule(study),
    sponsorCollaboratorsModule: toSponsorCollaboratorsModule(study),
    oversightModule: {
      oversightHasDmc: YES_NO[record.hasDmc],
      isFdaRegulatedDrug: YES_NO[record.fdaDrug],
      isFdaRegulatedDevice: YES_NO[record.fdaDevice],
    },
    descriptionModule: {
      briefSummary: record.briefSummary,
      detailedDescription: registry.detailedDescription,
    },
    conditionsModule: { conditions: record.conditions, keywords: registry.keywords },
    designModule: toDesignModule(study),
    armsInterventionsModule: toArmsInterventionsModule(study),
    outcomesModule: toOutcomesModule(study),
    eligibilityModule: toEligibilityModule(study),
    contactsLocationsModule: toContactsLocationsModule(study),
    referencesModule: registry.references && {
      references: registry.references.map(({ citation, pubmedId, isResult }) => ({
        pmid: pubmedId,
        type: isResult === 'Yes' ? 'RESULT' : 'BACKGROUND',
        citation,
      })),
    },
  });
}
