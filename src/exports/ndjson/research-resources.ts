import {
  ASSESSMENT_IDENTIFIER_SYSTEM,
  buildCodeSystemUrl,
  buildSubjectSystemUrl,
  LOINC_SYSTEM,
  UCUM_SYSTEM,
} from '../../fhir/canonical-urls.ts';
import { type Assessment, formatAssessmentIdentifier } from '../../trial/assessment.ts';
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

export type ResearchJson = Readonly<Record<string, unknown>>;

/** LOINC codes without a method, by the trial's analyte: a research tool needs one code, the method stands beside it. */
const ANALYTE_LOINC: Readonly<Record<string, string>> = {
  wbc: '26464-8',
  anc: '26499-4',
  hemoglobin: '718-7',
  platelets: '26515-7',
  reticulocytes: '14196-0',
};

/** How a resource names the subject: by his number and nothing else. */
function buildSubjectReference({ subject }: SubjectRecord): ResearchJson {
  return { identifier: { system: buildSubjectSystemUrl(subject.study), value: subject.subject } };
}

/** Where the statement came from, as text: the site's resources cannot be resolved outside the site. */
function buildSourceNote(fact: Fact): readonly ResearchJson[] {
  const names = fact.sources.map(
    (s) => `${s.site} ${s.resourceType}/${s.id}${s.version ? `/_history/${s.version}` : ''}`,
  );
  return [{ text: `Source: ${[...new Set(names)].sort().join(', ')}` }];
}

/** dateTime or Period as it was sent. */
function buildEffective(text: string): ResearchJson {
  const [start, end] = text.split('/');
  return end === undefined
    ? { effectiveDateTime: start }
    : { effectivePeriod: { ...(start ? { start } : {}), ...(end ? { end } : {}) } };
}

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

/** A count in canonical units with its digits; dataAbsentReason where the laboratory gave none. */
function buildLabObservation(
  fact: LabFact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): ResearchJson {
  const unit = fact.analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
  const { measured } = fact;
  const value = measured
    ? {
        valueQuantity: {
          value: number(measured.value),
          ...(measured.comparator ? { comparator: measured.comparator } : {}),
          unit,
          system: UCUM_SYSTEM,
          code: unit,
        },
      }
    : { dataAbsentReason: { text: fact.absentReason ?? 'unknown' } };
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
    note: buildSourceNote(fact),
  };
}

function buildMedicationAdministration(
  fact: InfusionFact | MedicationFact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
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
      ? { dosage: { dose: { value: number(dose.value), unit, system: UCUM_SYSTEM, code: unit } } }
      : {}),
    note: buildSourceNote(fact),
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
    note: buildSourceNote(fact),
  };
}

function buildWeightObservation(
  fact: WeightFact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): ResearchJson {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: LOINC_SYSTEM, code: '29463-7' }] },
    subject: buildSubjectReference(record),
    ...buildEffective(fact.at.text),
    valueQuantity: { value: number(fact.kilograms), unit: 'kg', system: UCUM_SYSTEM, code: 'kg' },
    note: buildSourceNote(fact),
  };
}

const CONDITION_CLINICAL_SYSTEM = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

function buildCondition(fact: ConditionFact, record: SubjectRecord): ResearchJson {
  // R4 con-4: what has ended is not active.
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
    note: buildSourceNote(fact),
  };
}

function buildAdverseEvent(fact: AdverseEventFact, record: SubjectRecord): ResearchJson {
  const coding =
    fact.code === null
      ? {}
      : {
          coding: [
            {
              system: fact.system,
              version: fact.systemVersion ?? undefined,
              code: fact.code,
              display: fact.term,
            },
          ],
        };
  return {
    resourceType: 'AdverseEvent',
    actuality: 'actual',
    event: { ...coding, text: fact.term },
    subject: buildSubjectReference(record),
    ...(fact.at.text ? { date: fact.at.text.split('/')[0] } : {}),
    ...(fact.serious === null
      ? {}
      : {
          seriousness: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/adverse-event-seriousness',
                code: fact.serious ? 'serious' : 'non-serious',
              },
            ],
          },
        }),
    ...(fact.severity === null
      ? {}
      : {
          severity: {
            coding: [
              { system: 'http://terminology.hl7.org/CodeSystem/adverse-event-severity', code: fact.severity },
            ],
          },
        }),
    study: [{ reference: `ResearchStudy/${record.subject.study}` }],
  };
}

/**
 * An assessment under the subject number, without references into a site's EHR. It claims no profile: that of what is
 * written back asks for those.
 */
export function buildResearchAssessment(a: Assessment, record: SubjectRecord): ResearchJson {
  const value =
    a.value.kind === 'class'
      ? {
          valueCodeableConcept: {
            coding: [{ system: buildCodeSystemUrl('response-class'), code: a.value.class }],
          },
        }
      : { valueQuantity: { value: a.value.days, unit: 'd', system: UCUM_SYSTEM, code: 'd' } };
  return {
    resourceType: 'Observation',
    identifier: [{ system: ASSESSMENT_IDENTIFIER_SYSTEM, value: formatAssessmentIdentifier(a) }],
    status: a.status,
    category: [
      { coding: [{ system: buildCodeSystemUrl('observation-category'), code: 'trial-endpoint' }] },
      { coding: [{ system: buildCodeSystemUrl('assessment-scope'), code: a.scope }] },
    ],
    code: { coding: [{ system: buildCodeSystemUrl('assessment'), code: a.kind }] },
    subject: buildSubjectReference(record),
    effectiveDateTime: a.effective,
    ...value,
    method: {
      coding: [
        { system: buildCodeSystemUrl('criteria-set'), version: a.criteria.version, code: a.criteria.id },
      ],
    },
    note: a.reasons.map((text) => ({ text })),
  };
}

/** A fact as the FHIR resource that a research tool expects; null for what is not exported (the person's own data). */
export function buildFactResource(
  fact: Fact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): ResearchJson | null {
  switch (fact.kind) {
    case 'lab':
      return buildLabObservation(fact, record, number);
    case 'infusion':
    case 'medication':
      return buildMedicationAdministration(fact, record, number);
    case 'weight':
      return buildWeightObservation(fact, record, number);
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
