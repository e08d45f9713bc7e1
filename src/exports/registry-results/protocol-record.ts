import type { Registry } from '../registry-json.ts';
import type { RequiredFields } from './required-fields.ts';
import type { ReportingGroup, ResultCell } from './results-model.ts';

/** The study id under which drafts are written: no registry has such a record. */
export const DRAFT_STUDY_ID = 'DRAFT-NOT-FOR-UPLOAD';

/** A registry date with its type; null where registry.json has none. */
export interface RecordDate {
  readonly date: string;
  readonly type: string;
}

/** Who the record is: the only part of the protocol section that a partial upload carries. */
export interface RecordIdentity {
  readonly orgName: string;
  readonly orgStudyId: string;
  readonly nctId: string | null;
  readonly secondaryIds: NonNullable<NonNullable<Registry['identity']>['secondaryIds']>;
}

/** The protocol section: registry.json with every required field present (in a draft: a placeholder). */
export interface ProtocolRecord {
  readonly briefTitle: string;
  readonly officialTitle: string;
  readonly sponsor: string;
  readonly responsibleType: string;
  readonly irbStatus: string;
  readonly hasDmc: string;
  readonly fdaDrug: string;
  readonly fdaDevice: string;
  readonly briefSummary: string;
  readonly status: string;
  readonly verified: string;
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
  readonly arm: { readonly label: string; readonly type: string; readonly description: string };
  readonly interventions: readonly {
    readonly type: string;
    readonly name: string;
    readonly description: string;
    readonly otherNames: readonly string[];
  }[];
  readonly eligibility: {
    readonly criteria: string;
    readonly healthyVolunteers: string;
    readonly sex: string;
    readonly minimumAge: string;
    readonly maximumAge: string;
  };
  readonly officials: readonly {
    readonly lastName: string;
    readonly first: string | null;
    readonly degrees: string | null;
    readonly role: string;
    readonly affiliation: string;
  }[];
  /** What no registry requires: taken over as it stands. */
  readonly registry: Registry;
}

/** The record's identity. A draft never carries the real study id or NCT number, nor an NCT number as second id. */
export function buildRecordIdentity(
  registry: Registry,
  draft: boolean,
  wanted: RequiredFields,
): RecordIdentity {
  const { identity } = registry;
  const orgName = wanted.textOrPlaceholder(identity?.orgName, '/identity/orgName', 'id_info/org_name');
  const orgStudyId = wanted.textOrPlaceholder(
    identity?.orgStudyId,
    '/identity/orgStudyId',
    'id_info/org_study_id',
  );
  if (draft) return { orgName, orgStudyId: DRAFT_STUDY_ID, nctId: null, secondaryIds: [] };
  return {
    orgName,
    orgStudyId,
    nctId: identity?.nctId ?? null,
    secondaryIds: identity?.secondaryIds ?? [],
  };
}

/** The one arm. Subjects carry no arm, so that a study with several cannot be split: that is a gap, never a guess. */
export function selectSingleArm(registry: Registry, wanted: RequiredFields): Omit<ReportingGroup, 'id'> {
  const arms = registry.arms ?? [];
  if (arms.length > 1) wanted.addGap('/arms', 'arm_group: subjects carry no arm, write a study with one arm');
  const title = wanted.textOrPlaceholder(arms[0]?.label, '/arms/0/label', 'arm_group/arm_group_label');
  return { title, description: arms[0]?.description ?? null };
}

function buildRecordDate(
  wanted: RequiredFields,
  given: Registry['start'],
  key: string,
  element: string,
): RecordDate {
  return {
    date: wanted.textOrPlaceholder(given?.date, `${key}/date`, element),
    type: wanted.textOrPlaceholder(given?.type, `${key}/type`, `${element}_type`),
  };
}

function buildDesign(registry: Registry, wanted: RequiredFields) {
  const { design } = registry;
  const at = '/design';
  const element = 'interventional_design';
  return {
    purpose: wanted.textOrPlaceholder(design?.purpose, `${at}/purpose`, `${element}/interventional_subtype`),
    phase: wanted.textOrPlaceholder(design?.phase, `${at}/phase`, `${element}/phase`),
    assignment: wanted.textOrPlaceholder(design?.assignment, `${at}/assignment`, `${element}/assignment`),
    allocation: wanted.textOrPlaceholder(design?.allocation, `${at}/allocation`, `${element}/allocation`),
    masking: wanted.textOrPlaceholder(design?.masking, `${at}/masking`, `${element}/no_masking`),
  };
}

function buildEligibility({ eligibility }: Registry, wanted: RequiredFields): ProtocolRecord['eligibility'] {
  const want = (value: string | undefined, key: string, element: string): string =>
    wanted.textOrPlaceholder(value, `/eligibility/${key}`, `eligibility/${element}`);
  return {
    criteria: want(eligibility?.criteria, 'criteria', 'criteria'),
    healthyVolunteers: want(eligibility?.healthyVolunteers, 'healthyVolunteers', 'healthy_volunteers'),
    sex: want(eligibility?.sex, 'sex', 'gender'),
    minimumAge: want(eligibility?.minimumAge, 'minimumAge', 'minimum_age'),
    maximumAge: want(eligibility?.maximumAge, 'maximumAge', 'maximum_age'),
  };
}

function buildOversight({ oversight }: Registry, wanted: RequiredFields) {
  const want = (value: string | undefined, key: string, element: string): string =>
    wanted.textOrPlaceholder(value, `/oversight/${key}`, `oversight_info/${element}`);
  return {
    irbStatus: want(oversight?.irbStatus, 'irbStatus', 'irb_info/approval_status'),
    hasDmc: want(oversight?.hasDmc, 'hasDmc', 'has_dmc'),
    fdaDrug: want(oversight?.fdaDrug, 'fdaDrug', 'fda_regulated_drug'),
    fdaDevice: want(oversight?.fdaDevice, 'fdaDevice', 'fda_regulated_device'),
  };
}

function buildInterventions(
  { interventions }: Registry,
  wanted: RequiredFields,
): ProtocolRecord['interventions'] {
  const given = interventions?.length ? interventions : [{}];
  return given.map(({ type, name, description, otherNames }, i) => {
    const at = `/interventions/${i}`;
    return {
      type: wanted.textOrPlaceholder(type, `${at}/type`, 'intervention/intervention_type'),
      name: wanted.textOrPlaceholder(name, `${at}/name`, 'intervention/intervention_name'),
      description: wanted.textOrPlaceholder(
        description,
        `${at}/description`,
        'intervention/intervention_description',
      ),
      otherNames: otherNames ?? [],
    };
  });
}

function buildOfficials({ officials }: Registry, wanted: RequiredFields): ProtocolRecord['officials'] {
  const given = officials?.length ? officials : [{}];
  return given.map((one, i) => ({
    lastName: wanted.textOrPlaceholder(
      one.lastName,
      `/officials/${i}/lastName`,
      'overall_official/last_name',
    ),
    first: one.firstName ?? null,
    degrees: one.degrees ?? null,
    role: wanted.textOrPlaceholder(one.role, `/officials/${i}/role`, 'overall_official/role'),
    affiliation: wanted.textOrPlaceholder(
      one.affiliation,
      `/officials/${i}/affiliation`,
      'overall_official/affiliation',
    ),
  }));
}

function buildConditions({ conditions }: Registry, wanted: RequiredFields): readonly string[] {
  return conditions?.length
    ? conditions
    : [wanted.textOrPlaceholder(undefined, '/conditions', 'clinical_study/condition')];
}

function buildArm({ arms }: Registry, wanted: RequiredFields): ProtocolRecord['arm'] {
  return {
    label: wanted.textOrPlaceholder(arms?.[0]?.label, '/arms/0/label', 'arm_group/arm_group_label'),
    type: wanted.textOrPlaceholder(arms?.[0]?.type, '/arms/0/type', 'arm_group/arm_type'),
    description: wanted.textOrPlaceholder(
      arms?.[0]?.description,
      '/arms/0/description',
      'arm_group/arm_group_description',
    ),
  };
}

/** The protocol section of a full upload: a field that PRS requires and registry.json lacks is a gap. */
export function buildProtocolRecord(
  registry: Registry,
  enrollment: ResultCell,
  wanted: RequiredFields,
): ProtocolRecord {
  const want = (value: string | undefined, key: string, element: string): string =>
    wanted.textOrPlaceholder(value, `/${key}`, `clinical_study/${element}`);
  if (!registry.locations?.length) wanted.addGap('/locations', 'clinical_study/location');
  return {
    briefTitle: want(registry.briefTitle, 'briefTitle', 'brief_title'),
    officialTitle: want(registry.officialTitle, 'officialTitle', 'official_title'),
    sponsor: wanted.textOrPlaceholder(registry.sponsor, '/sponsor', 'sponsors/lead_sponsor/agency'),
    responsibleType: wanted.textOrPlaceholder(
      registry.responsible?.type,
      '/responsible/type',
      'resp_party/resp_party_type',
    ),
    ...buildOversight(registry, wanted),
    briefSummary: want(registry.briefSummary, 'briefSummary', 'brief_summary'),
    status: want(registry.status, 'status', 'overall_status'),
    verified: want(registry.verified, 'verified', 'verification_date'),
    start: buildRecordDate(wanted, registry.start, '/start', 'clinical_study/start_date'),
    primaryCompletion: buildRecordDate(
      wanted,
      registry.primaryCompletion,
      '/primaryCompletion',
      'clinical_study/primary_compl_date',
    ),
    completion: buildRecordDate(
      wanted,
      registry.completion,
      '/completion',
      'clinical_study/last_follow_up_date',
    ),
    ...buildDesign(registry, wanted),
    enrollment,
    conditions: buildConditions(registry, wanted),
    arm: buildArm(registry, wanted),
    interventions: buildInterventions(registry, wanted),
    eligibility: buildEligibility(registry, wanted),
    officials: buildOfficials(registry, wanted),
    registry: registry,
  };
}
