import type { StudyResults } from './build.ts';
import type { OutcomeType } from './model.ts';
import type { ProtocolRecord, RecordIdentity } from './record.ts';
import type { Xml } from './xml.ts';

const block = (text: string | undefined): Xml | undefined =>
  text === undefined ? undefined : { textblock: text };

const lower = (yesNo: string): string => (yesNo === 'Yes' || yesNo === 'No' ? yesNo.toLowerCase() : yesNo);

/** `id_info`: by org_name and org_study_id PRS finds the record; the NCT number is no key and is not sent. */
export function idInfo(identity: RecordIdentity): Xml {
  return {
    org_name: identity.orgName,
    org_study_id: identity.orgStudyId,
    secondary_id: identity.secondaryIds.map(({ id, type, domain }) => ({
      id,
      id_type: type,
      id_domain: domain,
    })),
  };
}

function sponsors({ sponsor, responsibleType, more }: ProtocolRecord): Xml {
  return {
    lead_sponsor: { agency: sponsor },
    collaborator: (more.collaborators ?? []).map((agency) => ({ agency })),
    resp_party: {
      resp_party_type: responsibleType,
      investigator_username: more.responsible?.username,
      investigator_title: more.responsible?.title,
      investigator_affiliation: more.responsible?.affiliation,
    },
  };
}

function oversight({ irbStatus, hasDmc, fdaDrug, fdaDevice, more }: ProtocolRecord): Xml {
  return {
    irb_info: {
      approval_status: irbStatus,
      approval_number: more.oversight?.irbNumber,
      name: more.oversight?.irbName,
      affiliation: more.oversight?.irbAffiliation,
    },
    has_dmc: lower(hasDmc),
    fda_regulated_drug: lower(fdaDrug),
    fda_regulated_device: lower(fdaDevice),
  };
}

function design({ purpose, phase, assignment, allocation, masking }: ProtocolRecord): Xml {
  return {
    study_type: 'Interventional',
    interventional_design: {
      interventional_subtype: purpose,
      phase,
      assignment,
      allocation,
      no_masking: masking === 'None' ? 'yes' : masking,
      number_of_arms: '1',
    },
  };
}

function outcomes(study: StudyResults, types: readonly OutcomeType[]): readonly Xml[] {
  return study.registered
    .filter(({ type }) => types.includes(type))
    .map(({ title, timeFrame, description }) => ({
      outcome_measure: title,
      outcome_time_frame: timeFrame,
      outcome_description: block(description ?? undefined),
    }));
}

function armsAndInterventions({ arm, interventions }: ProtocolRecord): Xml {
  return {
    arm_group: {
      arm_group_label: arm.label,
      arm_type: arm.type,
      arm_group_description: block(arm.description),
    },
    intervention: interventions.map(({ type, name, description, otherNames }) => ({
      intervention_type: type,
      intervention_name: name,
      intervention_description: block(description),
      arm_group_label: arm.label,
      intervention_other_name: otherNames,
    })),
  };
}

function people({ eligibility, officials, more }: ProtocolRecord): Xml {
  const contact = more.centralContact;
  return {
    eligibility: {
      criteria: block(eligibility.criteria),
      healthy_volunteers: lower(eligibility.healthyVolunteers),
      gender: eligibility.sex,
      minimum_age: eligibility.minimumAge,
      maximum_age: eligibility.maximumAge,
    },
    overall_official: officials.map(({ first, lastName, degrees, role, affiliation }) => ({
      first_name: first,
      last_name: lastName,
      degrees,
      role,
      affiliation,
    })),
    overall_contact: contact?.lastName
      ? {
          first_name: contact.firstName,
          last_name: contact.lastName,
          degrees: contact.degrees,
          phone: contact.phone,
          email: contact.email,
        }
      : undefined,
    location: (more.locations ?? []).map(({ name, city, state, country, zip }) => ({
      facility: { name, address: { city, state, country, zip } },
    })),
    reference: (more.references ?? []).map(({ citation, pubmedId, isResult }) => ({
      citation,
      pubmed_id: pubmedId,
      is_results_ref: isResult === undefined ? undefined : lower(isResult),
    })),
  };
}

function dates({ verified, start, completion, primaryCompletion }: ProtocolRecord): Xml {
  return {
    verification_date: verified,
    start_date: start.date,
    start_date_type: start.type,
    last_follow_up_date: completion.date,
    last_follow_up_date_type: completion.type,
    primary_compl_date: primaryCompletion.date,
    primary_compl_date_type: primaryCompletion.type,
  };
}

/** The protocol section of `clinical_study`, in the order of ProtocolRecordSchema 2018.05.08. */
export function recordXml(study: StudyResults): Xml {
  const { record } = study;
  return {
    id_info: idInfo(study.identity),
    brief_title: record.briefTitle,
    acronym: record.more.acronym,
    official_title: record.officialTitle,
    sponsors: sponsors(record),
    oversight_info: oversight(record),
    brief_summary: block(record.briefSummary),
    detailed_description: block(record.more.detailedDescription),
    overall_status: record.status,
    why_stopped: record.more.whyStopped,
    ...dates(record),
    study_design: design(record),
    primary_outcome: outcomes(study, ['Primary']),
    secondary_outcome: outcomes(study, ['Secondary']),
    other_outcome: outcomes(study, ['Other Pre-specified']),
    enrollment: record.enrollment.value,
    enrollment_type: 'Actual',
    condition: record.conditions,
    keyword: record.more.keywords ?? [],
    ...armsAndInterventions(record),
    ...people(record),
  };
}
