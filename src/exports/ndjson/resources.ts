import { ASSESSMENT_SYSTEM, codeSystem, LOINC, subjectSystem, UCUM } from '../../fhir/canonical.ts';
import { type Assessment, assessmentIdentifier } from '../../trial/assessment.ts';
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
import type { SubjectRecord } from '../format.ts';

export type Json = Readonly<Record<string, unknown>>;

/** LOINC codes without a method, by the trial's analyte: a research tool needs one code, the method stands beside it. */
const ANALYTE_LOINC: Readonly<Record<string, string>> = {
  wbc: '26464-8',
  anc: '26499-4',
  hemoglobin: '718-7',
  platelets: '26515-7',
  reticulocytes: '14196-0',
};

/** How a resource names the subject: by his number and nothing else. */
function subjectOf({ subject }: SubjectRecord): Json {
  return { identifier: { system: subjectSystem(subject.study), value: subject.subject } };
}

/** Where the statement came from, as text: the site's resources cannot be resolved outside the site. */
function sourceNote(fact: Fact): readonly Json[] {
  const names = fact.sources.map(
    (s) => `${s.site} ${s.resourceType}/${s.id}${s.version ? `/_history/${s.version}` : ''}`,
  );
  return [{ text: `Source: ${[...new Set(names)].sort().join(', ')}` }];
}

/** dateTime or Period as it was sent. */
function effectiveOf(text: string): Json {
  const [start, end] = text.split('/');
  return end === undefined
    ? { effectiveDateTime: start }
    : { effectivePeriod: { ...(start ? { start } : {}), ...(end ? { end } : {}) } };
}

export function researchSubject(record: SubjectRecord): Json {
  const { study, subject, status } = record.subject;
  return {
    resourceType: 'ResearchSubject',
    id: subject,
    identifier: [{ system: subjectSystem(study), value: subject }],
    status,
    period: { start: record.subject.enrolledOn },
    study: { reference: `ResearchStudy/${study}` },
    individual: subjectOf(record),
  };
}

/** A count in canonical units with its digits; dataAbsentReason where the laboratory gave none. */
function labObservation(fact: LabFact, record: SubjectRecord, number: (digits: string) => unknown): Json {
  const unit = fact.analyte === 'hemoglobin' ? 'g/L' : '10*9/L';
  const { measured } = fact;
  const value = measured
    ? {
        valueQuantity: {
          value: number(measured.value),
          ...(measured.comparator ? { comparator: measured.comparator } : {}),
          unit,
          system: UCUM,
          code: unit,
        },
      }
    : { dataAbsentReason: { text: fact.absentReason ?? 'unknown' } };
  return {
    resourceType: 'Observation',
    status: fact.status,
    code: {
      coding: [
        { system: LOINC, code: ANALYTE_LOINC[fact.analyte] },
        { system: codeSystem('analyte'), code: fact.analyte },
      ],
    },
    subject: subjectOf(record),
    ...effectiveOf(fact.at.text),
    ...value,
    method: { text: fact.method },
    note: sourceNote(fact),
  };
}

function administration(
  fact: InfusionFact | MedicationFact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): Json {
  const code = fact.kind === 'infusion' ? fact.product : fact.agent;
  const system = codeSystem(fact.kind === 'infusion' ? 'msc-product' : 'agent');
  const dose = fact.kind === 'infusion' ? fact.dose : null;
  const unit = dose?.per === 'kg' ? '10*6.{cells}/kg' : '10*6.{cells}';
  return {
    resourceType: 'MedicationAdministration',
    status: fact.kind === 'infusion' ? fact.status : 'completed',
    medicationCodeableConcept: { coding: [{ system, code }] },
    subject: subjectOf(record),
    ...effectiveOf(fact.at.text),
    ...(dose ? { dosage: { dose: { value: number(dose.value), unit, system: UCUM, code: unit } } } : {}),
    note: sourceNote(fact),
  };
}

function procedure(fact: TransfusionFact | TransplantFact, record: SubjectRecord): Json {
  const [start, end] = fact.at.text.split('/');
  const coding =
    fact.kind === 'transfusion'
      ? { system: codeSystem('blood-component'), code: fact.component }
      : { system: codeSystem('transplant'), code: 'stem-cells' };
  return {
    resourceType: 'Procedure',
    status: 'completed',
    code: { coding: [coding] },
    subject: subjectOf(record),
    ...(end === undefined ? { performedDateTime: start } : { performedPeriod: { start, end } }),
    note: sourceNote(fact),
  };
}

function weightObservation(
  fact: WeightFact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): Json {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: LOINC, code: '29463-7' }] },
    subject: subjectOf(record),
    ...effectiveOf(fact.at.text),
    valueQuantity: { value: number(fact.kilograms), unit: 'kg', system: UCUM, code: 'kg' },
    note: sourceNote(fact),
  };
}

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

function condition(fact: ConditionFact, record: SubjectRecord): Json {
  // R4 con-4: what has ended is not active.
  const status = fact.active && fact.abated === null ? 'active' : 'inactive';
  const onset = fact.at.text.split('/')[0];
  const abated = fact.abated?.text.split('/')[0];
  return {
    resourceType: 'Condition',
    clinicalStatus: { coding: [{ system: CLINICAL, code: status }] },
    code: { coding: [{ system: codeSystem('condition'), code: fact.condition }] },
    subject: subjectOf(record),
    ...(onset ? { onsetDateTime: onset } : {}),
    ...(abated ? { abatementDateTime: abated } : {}),
    note: sourceNote(fact),
  };
}

function adverseEvent(fact: AdverseEventFact, record: SubjectRecord): Json {
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
    subject: subjectOf(record),
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
export function assessmentObservation(a: Assessment, record: SubjectRecord): Json {
  const value =
    a.value.kind === 'class'
      ? { valueCodeableConcept: { coding: [{ system: codeSystem('response-class'), code: a.value.class }] } }
      : { valueQuantity: { value: a.value.days, unit: 'd', system: UCUM, code: 'd' } };
  return {
    resourceType: 'Observation',
    identifier: [{ system: ASSESSMENT_SYSTEM, value: assessmentIdentifier(a) }],
    status: a.status,
    category: [
      { coding: [{ system: codeSystem('observation-category'), code: 'trial-endpoint' }] },
      { coding: [{ system: codeSystem('assessment-scope'), code: a.scope }] },
    ],
    code: { coding: [{ system: codeSystem('assessment'), code: a.kind }] },
    subject: subjectOf(record),
    effectiveDateTime: a.effective,
    ...value,
    method: {
      coding: [{ system: codeSystem('criteria-set'), version: a.criteria.version, code: a.criteria.id }],
    },
    note: a.reasons.map((text) => ({ text })),
  };
}

/** A fact as the FHIR resource that a research tool expects; null for what is not exported (the person's own data). */
export function factResource(
  fact: Fact,
  record: SubjectRecord,
  number: (digits: string) => unknown,
): Json | null {
  switch (fact.kind) {
    case 'lab':
      return labObservation(fact, record, number);
    case 'infusion':
    case 'medication':
      return administration(fact, record, number);
    case 'weight':
      return weightObservation(fact, record, number);
    case 'condition':
      return condition(fact, record);
    case 'transfusion':
    case 'transplant':
      return procedure(fact, record);
    case 'adverse-event':
      return adverseEvent(fact, record);
    default:
      return null;
  }
}
