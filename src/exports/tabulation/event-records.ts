import { deriveDosePerKg } from '../../trial/dosing/check-dose.ts';
import type { AdverseEventFact, ConditionFact, InfusionFact, TransfusionFact } from '../../trial/facts.ts';
import { toPlainDecimal } from './cdisc-units.ts';
import type { DatasetCells } from './dataset-definition.ts';
import { deriveFactProvenance, type RecordDraft } from './record-drafts.ts';
import { deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import {
  deriveIntervalTiming,
  deriveSdtmStudyDay,
  findEpoch,
  type SubjectTimeline,
  selectFactsOfKind,
} from './subject-timeline.ts';

const MEDDRA_SYSTEM = 'https://www.meddra.org';

/** The trial's words for outcomes (of HL7's AE research guide) as CDISC's terms. */
const OUTCOME_TERMS: Readonly<Record<string, string>> = {
  resolved: 'RECOVERED/RESOLVED',
  resolvedWithSequelae: 'RECOVERED/RESOLVED WITH SEQUELAE',
  recovering: 'RECOVERING/RESOLVING',
  ongoing: 'NOT RECOVERED/NOT RESOLVED',
  fatal: 'FATAL',
  unknown: 'UNKNOWN',
};

function toOutcomeTerm(outcome: string | null): string | null {
  return outcome === null ? null : (OUTCOME_TERMS[outcome] ?? 'UNKNOWN');
}

function selectMeddraCode({ system, code }: AdverseEventFact): number | null {
  return system === MEDDRA_SYSTEM && code !== null && /^\d{8}$/.test(code) ? Number(code) : null;
}

function deriveSeriousnessCells({ serious, outcome }: AdverseEventFact) {
  const AESER = serious === null ? null : serious ? 'Y' : 'N';
  return { AESER, AESDTH: outcome === 'fatal' ? 'Y' : null };
}

/** Adverse events (AE). What was not sent stays empty: seriousness is not inferred from the grade. */
export function draftAdverseEvents(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'adverse-event').map((event) => {
    const AEPTCD = selectMeddraCode(event);
    const other = AEPTCD === null && event.code !== null;
    return {
      cells: {
        AETERM: event.term,
        AEDECOD: event.term,
        AEPTCD,
        AESEV: event.severity?.toUpperCase() ?? null,
        ...deriveSeriousnessCells(event),
        AEOUT: toOutcomeTerm(event.outcome),
        AETOXGR: event.grade === null ? null : String(event.grade),
        ...deriveIntervalTiming(timeline, 'AE', event.at, event.resolved),
      },
      ...deriveFactProvenance(event, event.term),
      qualifiers: other ? { AESYS: event.system, AECODE: event.code } : {},
    };
  });
}

const CONDITION_TERMS = {
  'aplastic-anaemia': ['APLASTIC ANAEMIA', 'PRIMARY DIAGNOSIS'],
  infection: ['INFECTION', 'INFECTION'],
  'clonal-evolution': ['CLONAL EVOLUTION', 'CLONAL EVOLUTION'],
} as const satisfies Record<ConditionFact['condition'], readonly [string, string]>;

/** Conditions (MH): the diagnosis and infections. What is active and has no end is ongoing as of the day of judging. */
export function draftMedicalHistory(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'condition').map((condition) => {
    const [MHTERM, MHCAT] = CONDITION_TERMS[condition.condition];
    const ongoing = condition.active && condition.abated === null;
    const end = ongoing ? { MHENRTPT: 'ONGOING', MHENTPT: timeline.study.asOf } : {};
    const span = deriveIntervalTiming(timeline, 'MH', condition.at, condition.abated);
    return {
      cells: { MHTERM, MHCAT, ...span, ...end },
      ...deriveFactProvenance(condition, condition.condition),
    };
  });
}

function draftMilestone(timeline: SubjectTimeline, term: string, day: string): RecordDraft {
  const when = { EPOCH: findEpoch(timeline, day), DSSTDTC: day, DSSTDY: deriveSdtmStudyDay(timeline, day) };
  return {
    cells: { DSTERM: term, DSDECOD: term, DSCAT: 'PROTOCOL MILESTONE', ...when },
    address: term,
    sources: [],
  };
}

function deriveParticipationEnd(timeline: SubjectTimeline): DatasetCells | null {
  const { death, record } = timeline;
  const DSCAT = 'DISPOSITION EVENT';
  if (death !== null) {
    const day = deriveStartDay(death.at);
    const when = {
      EPOCH: findEpoch(timeline, day),
      DSSTDTC: formatStartDate(death.at),
      DSSTDY: deriveSdtmStudyDay(timeline, day),
    };
    return { DSTERM: 'DEATH', DSDECOD: 'DEATH', DSCAT, ...when };
  }
  const { status } = record.subject;
  if (status === 'withdrawn') return { DSTERM: 'WITHDRAWN', DSDECOD: 'WITHDRAWAL BY SUBJECT', DSCAT };
  if (status === 'off-study') return { DSTERM: 'OFF STUDY, REASON NOT SENT', DSDECOD: 'OTHER', DSCAT };
  return null;
}

/** Disposition (DS): consent, enrolment, and the end of participation where there is one. */
export function draftDispositions(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { consentedOn, enrolledOn } = timeline.record.subject;
  const end = deriveParticipationEnd(timeline);
  return [
    draftMilestone(timeline, 'INFORMED CONSENT OBTAINED', consentedOn),
    draftMilestone(timeline, 'ENROLLED', enrolledOn),
    ...(end === null
      ? []
      : [{ cells: end, address: String(end.DSDECOD), sources: timeline.death?.sources ?? [] }]),
  ];
}

/** Infusions given: one a day, and those that a partial date places on no one day. */
export function listExposures(timeline: SubjectTimeline): readonly InfusionFact[] {
  const undated = selectFactsOfKind(timeline.facts, 'infusion').filter(
    (infusion) => infusion.status !== 'not-done' && deriveStartDay(infusion.at) === null,
  );
  return [...timeline.givenInfusions, ...undated];
}

/** The dose in the protocol's unit, per kg; a total that no weight divides stays one. */
function deriveDose(infusion: InfusionFact, timeline: SubjectTimeline) {
  const { dose } = infusion;
  if (dose === null) return { cells: {}, total: null, weight: [] };
  const { dosing } = timeline.study.protocol;
  const perKg = deriveDosePerKg(infusion, timeline.facts, dosing);
  if (perKg === null) {
    const cells = { EXDOSE: toPlainDecimal(dose.value), EXDOSU: '10^6 cells' };
    return { cells, total: null, weight: [] };
  }
  const cells = { EXDOSE: toPlainDecimal(perKg.value), EXDOSU: '10^6 cells/kg' };
  return { cells, total: perKg.weight ? dose.value : null, weight: perKg.weight?.sources ?? [] };
}

/** Exposure (EX): infusions given, in whole or in part. One that was planned and not given is no exposure. */
export function draftExposures(timeline: SubjectTimeline): readonly RecordDraft[] {
  return listExposures(timeline).map((infusion) => {
    const amount = deriveDose(infusion, timeline);
    const { address: at, sources: from } = deriveFactProvenance(infusion, infusion.product);
    const cells = {
      EXTRT: infusion.product.toUpperCase(),
      ...amount.cells,
      ...deriveIntervalTiming(timeline, 'EX', infusion.at),
    };
    return {
      cells,
      address: at,
      sources: [...from, ...amount.weight],
      qualifiers: {
        EXTOTAL: amount.total,
        EXSTATUS: infusion.status === 'completed' ? null : infusion.status.toUpperCase(),
      },
    };
  });
}

/** Medications (CM) by the trial's word, with their role as category. */
export function draftMedications(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'medication').map((medication) => ({
    cells: {
      CMTRT: medication.agent.toUpperCase(),
      CMCAT: medication.role.toUpperCase(),
      ...deriveIntervalTiming(timeline, 'CM', medication.at),
    },
    ...deriveFactProvenance(medication, medication.agent),
  }));
}

const TRANSFUSION_TERMS = {
  'red-cells': 'RED BLOOD CELL TRANSFUSION',
  platelets: 'PLATELET TRANSFUSION',
  any: 'TRANSFUSION, PRODUCT NOT SENT',
} as const satisfies Record<TransfusionFact['component'], string>;

/** Procedures (PR): transfusions, with the number of units where it was sent, and transplants. */
export function draftProcedures(timeline: SubjectTimeline): readonly RecordDraft[] {
  const transplants = selectFactsOfKind(timeline.facts, 'transplant').map((transplant) => ({
    cells: {
      PRTRT: 'HEMATOPOIETIC STEM CELL TRANSPLANT',
      PRCAT: 'TRANSPLANT',
      ...deriveIntervalTiming(timeline, 'PR', transplant.at),
    },
    ...deriveFactProvenance(transplant, 'transplant'),
  }));
  return [...draftTransfusions(timeline), ...transplants];
}

function draftTransfusions(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'transfusion').map((transfusion) => {
    const { component, units, at } = transfusion;
    const dose = units === null ? {} : { PRDOSE: toPlainDecimal(units), PRDOSU: 'UNIT' };
    const what = { PRTRT: TRANSFUSION_TERMS[component], PRCAT: 'TRANSFUSION' };
    return {
      cells: { ...what, ...dose, ...deriveIntervalTiming(timeline, 'PR', at) },
      ...deriveFactProvenance(transfusion, component),
    };
  });
}
