import { dosePerKg } from '../../trial/dosing/dose.ts';
import type { AdverseEventFact, ConditionFact, InfusionFact, TransfusionFact } from '../../trial/facts.ts';
import { type Draft, stated } from './draft.ts';
import { startDay, startText } from './iso-dates.ts';
import { epochOn, factsOf, spanCells, studyDay, type Timeline } from './timeline.ts';
import { plainDigits } from './units.ts';
import type { Cells } from './variable.ts';

const MEDDRA = 'https://www.meddra.org';

/** The trial's words for outcomes (of HL7's AE research guide) as CDISC's terms. */
const OUTCOMES: Readonly<Record<string, string>> = {
  resolved: 'RECOVERED/RESOLVED',
  resolvedWithSequelae: 'RECOVERED/RESOLVED WITH SEQUELAE',
  recovering: 'RECOVERING/RESOLVING',
  ongoing: 'NOT RECOVERED/NOT RESOLVED',
  fatal: 'FATAL',
  unknown: 'UNKNOWN',
};

function outcomeOf(outcome: string | null): string | null {
  return outcome === null ? null : (OUTCOMES[outcome] ?? 'UNKNOWN');
}

function meddraCode({ system, code }: AdverseEventFact): number | null {
  return system === MEDDRA && code !== null && /^\d{8}$/.test(code) ? Number(code) : null;
}

function seriousnessOf({ serious, outcome }: AdverseEventFact) {
  const AESER = serious === null ? null : serious ? 'Y' : 'N';
  return { AESER, AESDTH: outcome === 'fatal' ? 'Y' : null };
}

/** Adverse events (AE). What was not sent stays empty: seriousness is not inferred from the grade. */
export function adverseEventDrafts(timeline: Timeline): readonly Draft[] {
  return factsOf(timeline.facts, 'adverse-event').map((event) => {
    const AEPTCD = meddraCode(event);
    const other = AEPTCD === null && event.code !== null;
    return {
      cells: {
        AETERM: event.term,
        AEDECOD: event.term,
        AEPTCD,
        AESEV: event.severity?.toUpperCase() ?? null,
        ...seriousnessOf(event),
        AEOUT: outcomeOf(event.outcome),
        AETOXGR: event.grade === null ? null : String(event.grade),
        ...spanCells(timeline, 'AE', event.at, event.resolved),
      },
      ...stated(event, event.term),
      more: other ? { AESYS: event.system, AECODE: event.code } : {},
    };
  });
}

const CONDITIONS = {
  'aplastic-anaemia': ['APLASTIC ANAEMIA', 'PRIMARY DIAGNOSIS'],
  infection: ['INFECTION', 'INFECTION'],
  'clonal-evolution': ['CLONAL EVOLUTION', 'CLONAL EVOLUTION'],
} as const satisfies Record<ConditionFact['condition'], readonly [string, string]>;

/** Conditions (MH): the diagnosis and infections. What is active and has no end is ongoing as of the day of judging. */
export function historyDrafts(timeline: Timeline): readonly Draft[] {
  return factsOf(timeline.facts, 'condition').map((condition) => {
    const [MHTERM, MHCAT] = CONDITIONS[condition.condition];
    const ongoing = condition.active && condition.abated === null;
    const end = ongoing ? { MHENRTPT: 'ONGOING', MHENTPT: timeline.head.asOf } : {};
    const span = spanCells(timeline, 'MH', condition.at, condition.abated);
    return { cells: { MHTERM, MHCAT, ...span, ...end }, ...stated(condition, condition.condition) };
  });
}

function milestone(timeline: Timeline, term: string, day: string): Draft {
  const when = { EPOCH: epochOn(timeline, day), DSSTDTC: day, DSSTDY: studyDay(timeline, day) };
  return { cells: { DSTERM: term, DSDECOD: term, DSCAT: 'PROTOCOL MILESTONE', ...when }, at: term, from: [] };
}

function endOf(timeline: Timeline): Cells | null {
  const { death, record } = timeline;
  const DSCAT = 'DISPOSITION EVENT';
  if (death !== null) {
    const day = startDay(death.at);
    const when = {
      EPOCH: epochOn(timeline, day),
      DSSTDTC: startText(death.at),
      DSSTDY: studyDay(timeline, day),
    };
    return { DSTERM: 'DEATH', DSDECOD: 'DEATH', DSCAT, ...when };
  }
  const { status } = record.subject;
  if (status === 'withdrawn') return { DSTERM: 'WITHDRAWN', DSDECOD: 'WITHDRAWAL BY SUBJECT', DSCAT };
  if (status === 'off-study') return { DSTERM: 'OFF STUDY, REASON NOT SENT', DSDECOD: 'OTHER', DSCAT };
  return null;
}

/** Disposition (DS): consent, enrolment, and the end of participation where there is one. */
export function dispositionDrafts(timeline: Timeline): readonly Draft[] {
  const { consentedOn, enrolledOn } = timeline.record.subject;
  const end = endOf(timeline);
  return [
    milestone(timeline, 'INFORMED CONSENT OBTAINED', consentedOn),
    milestone(timeline, 'ENROLLED', enrolledOn),
    ...(end === null ? [] : [{ cells: end, at: String(end.DSDECOD), from: timeline.death?.sources ?? [] }]),
  ];
}

/** Infusions given: one a day, and those that a partial date places on no one day. */
export function exposures(timeline: Timeline): readonly InfusionFact[] {
  const undated = factsOf(timeline.facts, 'infusion').filter(
    (infusion) => infusion.status !== 'not-done' && startDay(infusion.at) === null,
  );
  return [...timeline.given, ...undated];
}

/** The dose in the protocol's unit, per kg; a total that no weight divides stays one. */
function amountOf(infusion: InfusionFact, timeline: Timeline) {
  const { dose } = infusion;
  if (dose === null) return { cells: {}, total: null, weight: [] };
  const { dosing } = timeline.head.protocol;
  const perKg = dosePerKg(infusion, timeline.facts, dosing);
  if (perKg === null) {
    const cells = { EXDOSE: plainDigits(dose.value), EXDOSU: '10^6 cells' };
    return { cells, total: null, weight: [] };
  }
  const cells = { EXDOSE: plainDigits(perKg.value), EXDOSU: '10^6 cells/kg' };
  return { cells, total: perKg.weight ? dose.value : null, weight: perKg.weight?.sources ?? [] };
}

/** Exposure (EX): infusions given, in whole or in part. One that was planned and not given is no exposure. */
export function exposureDrafts(timeline: Timeline): readonly Draft[] {
  return exposures(timeline).map((infusion) => {
    const amount = amountOf(infusion, timeline);
    const { at, from } = stated(infusion, infusion.product);
    const cells = {
      EXTRT: infusion.product.toUpperCase(),
      ...amount.cells,
      ...spanCells(timeline, 'EX', infusion.at),
    };
    return {
      cells,
      at,
      from: [...from, ...amount.weight],
      more: {
        EXTOTAL: amount.total,
        EXSTATUS: infusion.status === 'completed' ? null : infusion.status.toUpperCase(),
      },
    };
  });
}

/** Medications (CM) by the trial's word, with their role as category. */
export function medicationDrafts(timeline: Timeline): readonly Draft[] {
  return factsOf(timeline.facts, 'medication').map((medication) => ({
    cells: {
      CMTRT: medication.agent.toUpperCase(),
      CMCAT: medication.role.toUpperCase(),
      ...spanCells(timeline, 'CM', medication.at),
    },
    ...stated(medication, medication.agent),
  }));
}

const PRODUCTS = {
  'red-cells': 'RED BLOOD CELL TRANSFUSION',
  platelets: 'PLATELET TRANSFUSION',
  any: 'TRANSFUSION, PRODUCT NOT SENT',
} as const satisfies Record<TransfusionFact['component'], string>;

/** Procedures (PR): transfusions, with the number of units where it was sent, and transplants. */
export function procedureDrafts(timeline: Timeline): readonly Draft[] {
  const transplants = factsOf(timeline.facts, 'transplant').map((transplant) => ({
    cells: {
      PRTRT: 'HEMATOPOIETIC STEM CELL TRANSPLANT',
      PRCAT: 'TRANSPLANT',
      ...spanCells(timeline, 'PR', transplant.at),
    },
    ...stated(transplant, 'transplant'),
  }));
  return [...transfusionDrafts(timeline), ...transplants];
}

function transfusionDrafts(timeline: Timeline): readonly Draft[] {
  return factsOf(timeline.facts, 'transfusion').map((transfusion) => {
    const { component, units, at } = transfusion;
    const dose = units === null ? {} : { PRDOSE: plainDigits(units), PRDOSU: 'UNIT' };
    const what = { PRTRT: PRODUCTS[component], PRCAT: 'TRANSFUSION' };
    return {
      cells: { ...what, ...dose, ...spanCells(timeline, 'PR', at) },
      ...stated(transfusion, component),
    };
  });
}
