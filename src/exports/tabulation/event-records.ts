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

/** CDISC terms of outcomes, by the trial's words (from the HL7 guide FHIR AE Clinical Research). */
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

/** Drafts adverse events (AE). A value that was not sent stays empty: seriousness is not inferred from the grade. */
export function draftAdverseEvents(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'adverse-event').map((event) => {
    const AEPTCD = selectMeddraCode(event);
    const hasOtherCode = AEPTCD === null && event.code !== null;
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
      qualifiers: hasOtherCode ? { AESYS: event.system, AECODE: event.code } : {},
    };
  });
}

const CONDITION_TERMS = {
  'aplastic-anaemia': ['APLASTIC ANAEMIA', 'PRIMARY DIAGNOSIS'],
  infection: ['INFECTION', 'INFECTION'],
  'clonal-evolution': ['CLONAL EVOLUTION', 'CLONAL EVOLUTION'],
} as const satisfies Record<ConditionFact['condition'], readonly [string, string]>;

/**
 * Drafts medical history (MH): the diagnosis, infections and clonal evolution. An active condition without an end is
 * ongoing as of the day of assessment.
 */
export function draftMedicalHistory(timeline: SubjectTimeline): readonly RecordDraft[] {
  return selectFactsOfKind(timeline.facts, 'condition').map((condition) => {
    const [MHTERM, MHCAT] = CONDITION_TERMS[condition.condition];
    const isOngoing = condition.active && condition.abated === null;
    const end = isOngoing ? { MHENRTPT: 'ONGOING', MHENTPT: timeline.study.asOf } : {};
    const timing = deriveIntervalTiming(timeline, 'MH', condition.at, condition.abated);
    return {
      cells: { MHTERM, MHCAT, ...timing, ...end },
      ...deriveFactProvenance(condition, condition.condition),
    };
  });
}

function draftMilestone(timeline: SubjectTimeline, term: string, day: string): RecordDraft {
  const timing = { EPOCH: findEpoch(timeline, day), DSSTDTC: day, DSSTDY: deriveSdtmStudyDay(timeline, day) };
  return {
    cells: { DSTERM: term, DSDECOD: term, DSCAT: 'PROTOCOL MILESTONE', ...timing },
    address: term,
    sources: [],
  };
}

/** Derives how participation ended: death, withdrawal or leaving the study; null where it has not ended. */
function deriveParticipationEnd(timeline: SubjectTimeline): DatasetCells | null {
  const { death, record } = timeline;
  const DSCAT = 'DISPOSITION EVENT';
  if (death !== null) {
    const day = deriveStartDay(death.at);
    const timing = {
      EPOCH: findEpoch(timeline, day),
      DSSTDTC: formatStartDate(death.at),
      DSSTDY: deriveSdtmStudyDay(timeline, day),
    };
    return { DSTERM: 'DEATH', DSDECOD: 'DEATH', DSCAT, ...timing };
  }
  const { status } = record.subject;
  if (status === 'withdrawn') return { DSTERM: 'WITHDRAWN', DSDECOD: 'WITHDRAWAL BY SUBJECT', DSCAT };
  if (status === 'off-study') return { DSTERM: 'OFF STUDY, REASON NOT SENT', DSDECOD: 'OTHER', DSCAT };
  return null;
}

/** Drafts dispositions (DS): consent, enrolment, and the end of participation where it has ended. */
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

/** Lists the infusions given: one per day, and those whose partial date does not determine the day. */
function listExposures(timeline: SubjectTimeline): readonly InfusionFact[] {
  const undated = selectFactsOfKind(timeline.facts, 'infusion').filter(
    (infusion) => infusion.status !== 'not-done' && deriveStartDay(infusion.at) === null,
  );
  return [...timeline.givenInfusions, ...undated];
}

/**
 * Derives the dose per kg body weight, the unit of the protocol. A total stays a total where no weight within the days
 * of the protocol can divide it; otherwise it is returned as `total`, with the sources of the weight as
 * `weightSources`.
 */
function deriveDose(infusion: InfusionFact, timeline: SubjectTimeline) {
  const { dose } = infusion;
  if (dose === null) return { cells: {}, total: null, weightSources: [] };
  const { dosing } = timeline.study.protocol;
  const perKg = deriveDosePerKg(infusion, timeline.facts, dosing);
  if (perKg === null) {
    const cells = { EXDOSE: toPlainDecimal(dose.value), EXDOSU: '10^6 cells' };
    return { cells, total: null, weightSources: [] };
  }
  const cells = { EXDOSE: toPlainDecimal(perKg.value), EXDOSU: '10^6 cells/kg' };
  return { cells, total: perKg.weight ? dose.value : null, weightSources: perKg.weight?.sources ?? [] };
}

/** Drafts exposure (EX): infusions given, in whole or in part. An infusion that was planned and not given is no exposure. */
export function draftExposures(timeline: SubjectTimeline): readonly RecordDraft[] {
  return listExposures(timeline).map((infusion) => {
    const dose = deriveDose(infusion, timeline);
    const { address, sources } = deriveFactProvenance(infusion, infusion.product);
    const cells = {
      EXTRT: infusion.product.toUpperCase(),
      ...dose.cells,
      ...deriveIntervalTiming(timeline, 'EX', infusion.at),
    };
    return {
      cells,
      address,
      sources: [...sources, ...dose.weightSources],
      qualifiers: {
        EXTOTAL: dose.total,
        EXSTATUS: infusion.status === 'completed' ? null : infusion.status.toUpperCase(),
      },
    };
  });
}

/** Drafts medications (CM) by the trial's term, with their role in the trial as category. */
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

/** Drafts procedures (PR): transfusions, with the number of units where it was sent, and stem cell transplants. */
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
    return {
      cells: {
        PRTRT: TRANSFUSION_TERMS[component],
        PRCAT: 'TRANSFUSION',
        ...dose,
        ...deriveIntervalTiming(timeline, 'PR', at),
      },
      ...deriveFactProvenance(transfusion, component),
    };
  });
}
