import type { Registry } from '../registry-json.ts';
import type { RequiredField, RequiredFields } from './required-fields.ts';
import type { ReportingGroup, ResultCell } from './results-model.ts';

/** The study id under which drafts are written: no registry has such a record. */
const DRAFT_STUDY_ID = 'DRAFT-NOT-FOR-UPLOAD';

/** A date of the record (`YYYY-MM` or `YYYY-MM-DD`), and whether it is anticipated or actual. */
export interface RecordDate {
  readonly date: RequiredField;
  readonly type: string;
}

/** The ids of the record: the only part of the protocol section that a partial upload carries. */
export interface RecordIdentity {
  readonly orgName: string;
  readonly orgStudyId: string;
  readonly nctId: string | null;
  readonly secondaryIds: NonNullable<NonNullable<Registry['identity']>['secondaryIds']>;
}

/** The protocol section: registry.json with every required field present (in a draft, as a placeholder). */
export interface ProtocolRecord {
  readonly briefTitle: string;
  readonly officialTitle: string;
  readonly sponsor: string;
  readonly responsibleType: RequiredField;
  readonly irbStatus: string;
  readonly hasDmc: string;
  readonly fdaDrug: string;
  readonly fdaDevice: string;
  readonly briefSummary: string;
  readonly status: string;
  readonly verified: RequiredField;
  readonly start: RecordDate;
  readonly primaryCompletion: RecordDate;
  readonly completion: RecordDate;
  readonly purpose: string;
  readonly phase: string;
  readonly assignment: string;
  readonly allocation: string;
  readonly masking: string;
  readonly enrollment: ResultCell;
  readonly conditions: readonly string[];
  readonly arm: { readonly label: string; readonly type: RequiredField; readonly description: string };
  readonly interventions: readonly {
    readonly type: string;
    readonly name: string;
    readonly description: string;
    readonly otherNames: readonly string[];
  }[];
  readonly eligibility: {
    readonly criteria: string;
    readonly healthyVolunteers: string;
    readonly sex: RequiredField;
    readonly minimumAge: RequiredField;
    readonly maximumAge: RequiredField;
  };
  readonly officials: readonly {
    readonly lastName: string;
    readonly first: string | null;
    readonly degrees: string | null;
    readonly role: string;
    readonly affiliation: string;
  }[];
  /** registry.json itself, for the fields that no registry requires. */
  readonly registry: Registry;
}

/**
 * Builds the record's identity. A draft never carries the real study id or NCT number, nor secondary ids, which may be
 * NCT numbers.
 */
export function buildRecordIdentity(
  registry: Registry,
  isDraft: boolean,
  required: RequiredFields,
): RecordIdentity {
  const { identity } = registry;
  const orgName = required.textOrPlaceholder(identity?.orgName, '/identity/orgName', 'id_info/org_name');
  const orgStudyId = required.textOrPlaceholder(
    identity?.orgStudyId,
    '/identity/orgStudyId',
    'id_info/org_study_id',
  );
  if (isDraft) return { orgName, orgStudyId: DRAFT_STUDY_ID, nctId: null, secondaryIds: [] };
  return {
    orgName,
    orgStudyId,
    nctId: identity?.nctId ?? null,
    secondaryIds: identity?.secondaryIds ?? [],
  };
}

/**
 * Selects the single arm. Subjects carry no arm, so a study with several arms cannot be split: that is recorded as a gap
 * and never guessed.
 */
export function selectSingleArm(registry: Registry, required: RequiredFields): Omit<ReportingGroup, 'id'> {
  const arms = registry.arms ?? [];
  if (arms.length > 1)
    required.addGap('/arms', 'arm_group: subjects carry no arm, write a study with one arm');
  const title = required.textOrPlaceholder(arms[0]?.label, '/arms/0/label', 'arm_group/arm_group_label');
  return { title, description: arms[0]?.description ?? null };
}

function buildRecordDate(
  required: RequiredFields,
  date: Registry['start'],
  key: string,
  element: string,
): RecordDate {
  return {
    date: required.fieldOrPlaceholder(date?.date, `${key}/date`, element),
    type: required.textOrPlaceholder(date?.type, `${key}/type`, `${element}_type`),
  };
}

function buildDesign({ design }: Registry, required: RequiredFields) {
  const requireText = (value: string | undefined, key: string, element: string): string =>
    required.textOrPlaceholder(value, `/design/${key}`, `interventional_design/${element}`);
  return {
    purpose: requireText(design?.purpose, 'purpose', 'interventional_subtype'),
    phase: requireText(design?.phase, 'phase', 'phase'),
    assignment: requireText(design?.assignment, 'assignment', 'assignment'),
    allocation: requireText(design?.allocation, 'allocation', 'allocation'),
    masking: requireText(design?.masking, 'masking', 'no_masking'),
  };
}

function buildEligibility(
  { eligibility }: Registry,
  required: RequiredFields,
): ProtocolRecord['eligibility'] {
  const requireField = (value: string | undefined, key: string, element: string): RequiredField =>
    required.fieldOrPlaceholder(value, `/eligibility/${key}`, `eligibility/${element}`);
  return {
    criteria: requireField(eligibility?.criteria, 'criteria', 'criteria').text,
    healthyVolunteers: requireField(eligibility?.healthyVolunteers, 'healthyVolunteers', 'healthy_volunteers')
      .text,
    sex: requireField(eligibility?.sex, 'sex', 'gender'),
    minimumAge: requireField(eligibility?.minimumAge, 'minimumAge', 'minimum_age'),
    maximumAge: requireField(eligibility?.maximumAge, 'maximumAge', 'maximum_age'),
  };
}

function buildOversight({ oversight }: Registry, required: RequiredFields) {
  const requireText = (value: string | undefined, key: string, element: string): string =>
    required.textOrPlaceholder(value, `/oversight/${key}`, `oversight_info/${element}`);
  return {
    irbStatus: requireText(oversight?.irbStatus, 'irbStatus', 'irb_info/approval_status'),
    hasDmc: requireText(oversight?.hasDmc, 'hasDmc', 'has_dmc'),
    fdaDrug: requireText(oversight?.fdaDrug, 'fdaDrug', 'fda_regulated_drug'),
    fdaDevice: requireText(oversight?.fdaDevice, 'fdaDevice', 'fda_regulated_device'),
  };
}

function buildInterventions(
  { interventions }: Registry,
  required: RequiredFields,
): ProtocolRecord['interventions'] {
  const atLeastOne = interventions?.length ? interventions : [{}];
  return atLeastOne.map(({ type, name, description, otherNames }, i) => {
    const requireText = (value: string | undefined, key: string): string =>
      required.textOrPlaceholder(value, `/interventions/${i}/${key}`, `intervention/intervention_${key}`);
    return {
      type: requireText(type, 'type'),
      name: requireText(name, 'name'),
      description: requireText(description, 'description'),
      otherNames: otherNames ?? [],
    };
  });
}

function buildOfficials({ officials }: Registry, required: RequiredFields): ProtocolRecord['officials'] {
  const atLeastOne = officials?.length ? officials : [{}];
  return atLeastOne.map(({ firstName, lastName, degrees, role, affiliation }, i) => {
    const requireText = (value: string | undefined, key: string, element: string): string =>
      required.textOrPlaceholder(value, `/officials/${i}/${key}`, `overall_official/${element}`);
    return {
      lastName: requireText(lastName, 'lastName', 'last_name'),
      first: firstName ?? null,
      degrees: degrees ?? null,
      role: requireText(role, 'role', 'role'),
      affiliation: requireText(affiliation, 'affiliation', 'affiliation'),
    };
  });
}

function buildConditions({ conditions }: Registry, required: RequiredFields): readonly string[] {
  return conditions?.length
    ? conditions
    : [required.textOrPlaceholder(undefined, '/conditions', 'clinical_study/condition')];
}

function buildArm({ arms }: Registry, required: RequiredFields): ProtocolRecord['arm'] {
  const requireField = (value: string | undefined, key: string, element: string): RequiredField =>
    required.fieldOrPlaceholder(value, `/arms/0/${key}`, `arm_group/${element}`);
  return {
    label: requireField(arms?.[0]?.label, 'label', 'arm_group_label').text,
    type: requireField(arms?.[0]?.type, 'type', 'arm_type'),
    description: requireField(arms?.[0]?.description, 'description', 'arm_group_description').text,
  };
}

function buildRecordDates(registry: Registry, required: RequiredFields) {
  const { verified, start, primaryCompletion, completion } = registry;
  return {
    verified: required.fieldOrPlaceholder(verified, '/verified', 'clinical_study/verification_date'),
    start: buildRecordDate(required, start, '/start', 'clinical_study/start_date'),
    primaryCompletion: buildRecordDate(
      required,
      primaryCompletion,
      '/primaryCompletion',
      'clinical_study/primary_compl_date',
    ),
    completion: buildRecordDate(required, completion, '/completion', 'clinical_study/last_follow_up_date'),
  };
}

/** Builds the protocol section of a full upload. A field that PRS requires and registry.json lacks is a gap. */
export function buildProtocolRecord(
  registry: Registry,
  enrollment: ResultCell,
  required: RequiredFields,
): ProtocolRecord {
  const requireText = (value: string | undefined, key: string, element: string): string =>
    required.textOrPlaceholder(value, `/${key}`, `clinical_study/${element}`);
  if (!registry.locations?.length) required.addGap('/locations', 'clinical_study/location');
  return {
    briefTitle: requireText(registry.briefTitle, 'briefTitle', 'brief_title'),
    officialTitle: requireText(registry.officialTitle, 'officialTitle', 'official_title'),
    sponsor: required.textOrPlaceholder(registry.sponsor, '/sponsor', 'sponsors/lead_sponsor/agency'),
    responsibleType: required.fieldOrPlaceholder(
      registry.responsible?.type,
      '/responsible/type',
      'resp_party/resp_party_type',
    ),
    ...buildOversight(registry, required),
    briefSummary: requireText(registry.briefSummary, 'briefSummary', 'brief_summary'),
    status: requireText(registry.status, 'status', 'overall_status'),
    ...buildRecordDates(registry, required),
    ...buildDesign(registry, required),
    enrollment,
    conditions: buildConditions(registry, required),
    arm: buildArm(registry, required),
    interventions: buildInterventions(registry, required),
    eligibility: buildEligibility(registry, required),
    officials: buildOfficials(registry, required),
    registry,
  };
}
