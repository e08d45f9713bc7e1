import type { StudyResults } from '../registry-results/build-results.ts';
import type { ProtocolRecord, RecordIdentity } from '../registry-results/protocol-record.ts';
import type { OutcomeType } from '../registry-results/results-model.ts';
import type { XmlContent } from '../registry-results/xml.ts';

const toTextBlock = (text: string | undefined): XmlContent | undefined =>
  text === undefined ? undefined : { textblock: text };

const toLowerYesNo = (yesNo: string): string =>
  yesNo === 'Yes' || yesNo === 'No' ? yesNo.toLowerCase() : yesNo;

/** Builds `id_info`. PRS finds the record by org_name and org_study_id; the NCT number is not a key and is not sent. */
export function toIdInfoXml(identity: RecordIdentity): XmlContent {
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

function toSponsorsXml({ sponsor, responsibleType, registry }: ProtocolRecord): XmlContent {
  return {
    lead_sponsor: { agency: sponsor },
    collaborator: (registry.collaborators ?? []).map((agency) => ({ agency })),
    resp_party: {
      resp_party_type: responsibleType.text,
      investigator_username: registry.responsible?.username,
      investigator_title: registry.responsible?.title,
      investigator_affiliation: registry.responsible?.affiliation,
    },
  };
}

function toOversightXml({ irbStatus, hasDmc, fdaDrug, fdaDevice, registry }: ProtocolRecord): XmlContent {
  return {
    irb_info: {
      approval_status: irbStatus,
      approval_number: registry.oversight?.irbNumber,
      name: registry.oversight?.irbName,
      affiliation: registry.oversight?.irbAffiliation,
    },
    has_dmc: toLowerYesNo(hasDmc),
    fda_regulated_drug: toLowerYesNo(fdaDrug),
    fda_regulated_device: toLowerYesNo(fdaDevice),
  };
}

function toDesignXml({ purpose, phase, assignment, allocation, masking }: ProtocolRecord): XmlContent {
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

function toRegisteredOutcomesXml(study: StudyResults, types: readonly OutcomeType[]): readonly XmlContent[] {
  return study.registeredOutcomes
    .filter(({ type }) => types.includes(type))
    .map(({ title, timeFrame, description }) => ({
      outcome_measure: title,
      outcome_time_frame: timeFrame,
      outcome_description: toTextBlock(description ?? undefined),
    }));
}

function toArmsAndInterventionsXml({ arm, interventions }: ProtocolRecord): XmlContent {
  return {
    arm_group: {
      arm_group_label: arm.label,
      arm_type: arm.type.text,
      arm_group_description: toTextBlock(arm.description),
    },
    intervention: interventions.map(({ type, name, description, otherNames }) => ({
      intervention_type: type,
      intervention_name: name,
      intervention_description: toTextBlock(description),
      arm_group_label: arm.label,
      intervention_other_name: otherNames,
    })),
  };
}

function toEligibilityXml({ eligibility }: ProtocolRecord): XmlContent {
  return {
    criteria: toTextBlock(eligibility.criteria),
    healthy_volunteers: toLowerYesNo(eligibility.healthyVolunteers),
    gender: eligibility.sex.text,
    minimum_age: eligibility.minimumAge.text,
    maximum_age: eligibility.maximumAge.text,
  };
}

function toContactsXml({ officials, registry }: ProtocolRecord): XmlContent {
  const contact = registry.centralContact;
  return {
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
    location: (registry.locations ?? []).map(({ name, city, state, country, zip }) => ({
      facility: { name, address: { city, state, country, zip } },
    })),
  };
}

function toReferencesXml({ registry }: ProtocolRecord): readonly XmlContent[] {
  return (registry.references ?? []).map(({ citation, pubmedId, isResult }) => ({
    citation,
    pubmed_id: pubmedId,
    is_results_ref: isResult === undefined ? undefined : toLowerYesNo(isResult),
  }));
}

function toDatesXml({ verified, start, completion, primaryCompletion }: ProtocolRecord): XmlContent {
  return {
    verification_date: verified.text,
    start_date: start.date.text,
    start_date_type: start.type,
    last_follow_up_date: completion.date.text,
    last_follow_up_date_type: completion.type,
    primary_compl_date: primaryCompletion.date.text,
    primary_compl_date_type: primaryCompletion.type,
  };
}

/** Builds the protocol section of `clinical_study`, in the order of ProtocolRecordSchema 2018.05.08. */
export function toRecordXml(study: StudyResults): XmlContent {
  const { record } = study;
  return {
    id_info: toIdInfoXml(study.identity),
    brief_title: record.briefTitle,
    acronym: record.registry.acronym,
    official_title: record.officialTitle,
    sponsors: toSponsorsXml(record),
    oversight_info: toOversightXml(record),
    brief_summary: toTextBlock(record.briefSummary),
    detailed_description: toTextBlock(record.registry.detailedDescription),
    overall_status: record.status,
    why_stopped: record.registry.whyStopped,
    ...toDatesXml(record),
    study_design: toDesignXml(record),
    primary_outcome: toRegisteredOutcomesXml(study, ['Primary']),
    secondary_outcome: toRegisteredOutcomesXml(study, ['Secondary']),
    other_outcome: toRegisteredOutcomesXml(study, ['Other Pre-specified']),
    enrollment: record.enrollment.value,
    enrollment_type: 'Actual',
    condition: record.conditions,
    keyword: record.registry.keywords ?? [],
    ...toArmsAndInterventionsXml(record),
    eligibility: toEligibilityXml(record),
    ...toContactsXml(record),
    reference: toReferencesXml(record),
  };
}
