import {
  ASSESSMENT_IDENTIFIER_SYSTEM,
  buildCodeSystemUrl,
  buildSubjectSystemUrl,
  LOINC_SYSTEM,
  UCUM_SYSTEM,
} from '../../fhir/canonical-urls.ts';
import type { Assessment } from '../../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../../trial/assessment-identifier.ts';
import type {
  AdverseEventFact,
  ConditionFact,
  Fact,
  InfusionFact,
  LabFact,
  MedicationFact,
  TransfusionFact,
  TransplantFact,
  WeightFact,
} from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { formatPseudonymousSource } from '../pseudonyms.ts';

export type ResearchJson = Readonly<Record<string, unknown>>;

/** LOINC codes without a method, by analyte: a research tool needs one code. `method` states how it was counted. */
const ANALYTE_LOINC: Readonly<Record<string, string>> = {
  wbc: '26464-8',
  anc: '26499-4',
  hemoglobin: '718-7',
  platelets: '26515-7',
  reticulocytes: '14196-0',
};

/** Builds the reference to the subject, which contains the subject number only. */
function buildSubjectReference({ subject }: SubjectRecord): ResearchJson {
  return { identifier: { system: buildSubjectSystemUrl(subject.study), value: subject.subject } };
}

/** Builds a note with the sources under their pseudonyms, as text because a site's resources cannot be resolved outside the site. */
function buildSourceNote(fact: Fact, { pseudonymise }: SubjectRecord): readonly ResearchJson[] {
  const names = fact.sources.map(
    (source) => `${source.site} ${formatPseudonymousSource(source, pseudonymise)}`,
  );
  return [{ text: `Source: ${[...new Set(names)].sort().join(', ')}` }];
}

/** Builds effectiveDateTime or effectivePeriod as sent. */
function buildEffective(text: string): ResearchJson {
  const [start, end] = text.split('/');
  return end === undefined
    ? { effectiveDateTime: start }
    : { effectivePeriod: { ...(start ? { start } : {}), ...(end ? { end } : {}) } };
}

/** Builds the ResearchSubject of an enrolled subject. */
export function buildResearchSubject(record: SubjectRecord): ResearchJson {
  const { study, subject, status } = record.subject;
  return {
    resourceType: 'ResearchSubject',
    id: subject,
    identifier: [{ system: buildSubjectSystemUrl(study), value: subject }],
    status,
    period: { start: record.subject.enrolledOn },
    study: { reference: `ResearchStudy/${study}` },
    individual: buildSubjectReference(record),
  };
}

/** Builds the value[x] of a result: a Quantity, or the Range of results that contradict each other. */
function buildLabValue(
  { measured, absentReason }: LabFact,
  unit: string,
  toNumber: (digits: string) => unknown,
): Readonly<Record<string, unknown>> {
  if (measured === null) return { dataAbsentReason: { text: absentReason ?? 'unknown' } };
  const inUnit = (digits: string) => ({ value: toNumber(digits), unit, system: UCUM_SYSTEM, code: unit });
  if (measured.upTo !== undefined)
    return { valueRange: { low: inUnit(measured.value), high: inUnit(measured.upTo) } };
  const { value, ...coded } = inUnit(measured.value);
  const comparator = measured.comparator ? { comparator: measured.comparator } : {};
  return { valueQuantity: { value, ...comparator, ...coded } };
}

/** Builds a laboratory result in canonical units with its digits; dataAbsentReason where there is no value. */
function buildLabObservation(
  fact: LabFact,
  record: SubjectRecord,
  toNumber: (digits: string) => unknown,
): ResearchJson {
  const unit = fact.analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
  const value = buildLabValue(fact, unit, toNumber);
  return {
    resourceType: 'Observation',
    status: fact.status,
    code: {
      coding: [
        { system: LOINC_SYSTEM, code: ANALYTE_LOINC[fact.analyte] },
        { system: buildCodeSystemUrl('analyte'), code: fact.analyte },
      ],
    },
    subject: buildSubjectReference(record),
    ...buildEffective(fact.at.text),
    ...value,
    method: { text: fact.method },
    note: buildSourceNote(fact, record),
  };
}

function buildMedicationAdministration(
  fact: InfusionFact | MedicationFact,
  record: SubjectRecord,
  toNumber: (digits: string) => unknown,
): ResearchJson {
  const code = fact.kind === 'infusion' ? fact.product : fact.agent;
  const system = buildCodeSystemUrl(fact.kind === 'infusion' ? 'msc-product' : 'agent');
  const dose = fact.kind === 'infusion' ? fact.dose : null;
  const unit = dose?.per === 'kg' ? '10*6.{cells}/kg' : '10*6.{cells}';
  return {
    resourceType: 'MedicationAdministration',
    status: fact.kind === 'infusion' ? fact.status : 'completed',
    medicationCodeableConcept: { coding: [{ system, code }] },
    subject: buildSubjectReference(record),
    ...buildEffective(fact.at.text),
    ...(dose
      ? { dosage: { dose: { value: toNumber(dose.value), unit, system: UCUM_SYSTEM, code: unit } } }
      : {}),
    note: buildSourceNote(fact, record),
  };
}

function buildProcedure(fact: TransfusionFact | TransplantFact, record: SubjectRecord): ResearchJson {
  const [start, end] = fact.at.text.split('/');
  const coding =
    fact.kind === 'transfusion'
      ? { system: buildCodeSystemUrl('blood-component'), code: fact.component }
      : { system: buildCodeSystemUrl('transplant'), code: 'stem-cells' };
  return {
    resourceType: 'Procedure',
    status: 'completed',
    code: { coding: [coding] },
    subject: buildSubjectReference(record),
    ...(end === undefined ? { performedDateTime: start } : { performedPeriod: { start, end } }),
    note: buildSourceNote(fact, record),
  };
}

function buildWeightObservation(
  fact: WeightFact,
  record: SubjectRecord,
  toNumber: (digits: string) => unknown,
): ResearchJson {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: LOINC_SYSTEM, code: '29463-7' }] },
    subject: buildSubjectReference(record),
    ...buildEffective(fact.at.text),
    valueQuantity: { value: toNumber(fact.kilograms), unit: 'kg', system: UCUM_SYSTEM, code: 'kg' },
    note: buildSourceNote(fact, record),
  };
}

const CONDITION_CLINICAL_SYSTEM = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

function buildCondition(fact: ConditionFact, record: SubjectRecord): ResearchJson {
  // FHIR R4 con-4: a condition that has abated is not active.
  const status = fact.active && fact.abated === null ? 'active' : 'inactive';
  const onset = fact.at.text.split('/')[0];
  const abated = fact.abated?.text.split('/')[0];
  return {
    resourceType: 'Condition',
    clinicalStatus: { coding: [{ system: CONDITION_CLINICAL_SYSTEM, code: status }] },
    code: { coding: [{ system: buildCodeSystemUrl('condition'), code: fact.condition }] },
    subject: buildSubjectReference(record),
    ...(onset ? { onsetDateTime: onset } : {}),
    ...(abated ? { abatementDateTime: abated } : {}),
    note: buildSourceNote(fact, record),
  };
}

const SERIOUSNESS_SYSTEM = 'http://terminology.hl7.org/CodeSystem/adverse-event-seriousness';
const SEVERITY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/adverse-event-severity';

const buildConcept = (system: string, code: string): ResearchJson => ({ coding: [{ system, code }] });

/** Builds an adverse event; seriousness and severity are absent where they were not sent. */
function buildAdverseEvent(fact: AdverseEventFact, record: SubjectRecord): ResearchJson {
  const { system, systemVersion, code, term, serious, severity } = fact;
  const coding =
    code === null ? {} : { coding: [{ system, version: systemVersion ?? undefined, code, display: term }] };
  return {
    resourceType: 'AdverseEvent',
    actuality: 'actual',
    event: { ...coding, text: term },
    subject: buildSubjectReference(record),
    ...(fact.at.text ? { date: fact.at.text.split('/')[0] } : {}),
    ...(serious === null
      ? {}
      : { seriousness: buildConcept(SERIOUSNESS_SYSTEM, serious ? 'serious' : 'non-serious') }),
    ...(severity === null ? {} : { severity: buildConcept(SEVERITY_SYSTEM, severity) }),
    study: [{ reference: `ResearchStudy/${record.subject.study}` }],
  };
}

/**
 * Builds the Observation of an assessment under the subject number, without references into a site's EHR. It has no
 * profile, because the profile of written-back assessments requires those references.
 */
export function buildResearchAssessment(assessment: Assessment, record: SubjectRecord): ResearchJson {
  const value =
    assessment.value.kind === 'class'
      ? {
          valueCodeableConcept: {
            coding: [{ system: buildCodeSystemUrl('response-class'), code: assessment.value.class }],
          },
        }
      : { valueQuantity: { value: assessment.value.days, unit: 'd', system: UCUM_SYSTEM, code: 'd' } };
  return {
    resourceType: 'Observation',
    identifier: [{ system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatAssessmentIdentifier(assessment) }],
    status: assessment.status,
    category: [
      { coding: [{ system: buildCodeSystemUrl('observation-category'), code: 'trial-endpoint' }] },
      { coding: [{ system: buildCodeSystemUrl('assessment-scope'), code: assessment.scope }] },
    ],
    code: { coding: [{ system: buildCodeSystemUrl('assessment'), code: assessment.kind }] },
    subject: buildSubjectReference(record),
    effectiveDateTime: assessment.effective,
    ...value,
    method: {
      coding: [
        {
          system: buildCodeSystemUrl('criteria-set'),
          version: assessment.criteria.version,
          code: assessment.criteria.id,
        },
      ],
    },
    note: assessment.reasons.map((text) => ({ text })),
  };
}

/** Builds a fact as the FHIR resource that research tools expect; null for facts that are not exported (personal data). */
export function buildFactResource(
  fact: Fact,
  record: SubjectRecord,
  toNumber: (digits: string) => unknown,
): ResearchJson | null {
  switch (fact.kind) {
    case 'lab':
      return buildLabObservation(fact, record, toNumber);
    case 'infusion':
    case 'medication':
      return buildMedicationAdministration(fact, record, toNumber);
    case 'weight':
      return buildWeightObservation(fact, record, toNumber);
    case 'condition':
      return buildCondition(fact, record);
    case 'transfusion':
    case 'transplant':
      return buildProcedure(fact, record);
    case 'adverse-event':
      return buildAdverseEvent(fact, record);
    default:
      return null;
  }
}
