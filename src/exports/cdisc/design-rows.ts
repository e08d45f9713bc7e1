import { PARAMETERS, type Parameter } from './codelists.ts';
import type { Draft } from './draft.ts';
import { plannedElements } from './elements.ts';
import { armOf } from './subject-rows.ts';
import type { Enrolment } from './survey.ts';
import type { StudyHead } from './timeline.ts';
import type { Cells } from './variable.ts';

/** The one arm (TA): who responds at the continuation visit gets the continuation course. */
export function armDrafts(head: StudyHead): readonly Draft[] {
  const { code, name } = armOf({ head });
  const { visit } = head.protocol.dosing.continuation;
  const skip = `If there is no response at visit ${visit}, go to element FUP`;
  return plannedElements(head.protocol).map((element) => ({
    cells: {
      ARMCD: code,
      ARM: name,
      TAETORD: element.order,
      ETCD: element.code,
      ELEMENT: element.name,
      TATRANS: element.code === 'MSC1' ? skip : null,
      EPOCH: element.epoch,
    },
    at: element.code,
    from: [],
  }));
}

/** The elements (TE). */
export function planDrafts(head: StudyHead): readonly Draft[] {
  return plannedElements(head.protocol).map(({ code, name, starts, ends }) => ({
    cells: { ETCD: code, ELEMENT: name, TESTRL: starts, TEENRL: ends },
    at: code,
    from: [],
  }));
}

function parameter(code: Parameter, value: string | null): Draft {
  const isDate = value !== null && code.endsWith('DTC');
  const said: Cells =
    value === null ? { TSVALNF: 'NI' } : { TSVAL: value, TSVCDREF: isDate ? 'ISO 8601' : null };
  return { cells: { TSSEQ: 1, TSPARMCD: code, TSPARM: PARAMETERS[code], ...said }, at: code, from: [] };
}

/**
 * The trial's summary (TS): what the protocol and the data say. What only a registration knows (sponsor, phase, registry
 * number, indication, planned size) is NI here: the number that the publication prints belongs to another study.
 */
export function summaryDrafts(head: StudyHead, enrolment: Enrolment): readonly Draft[] {
  const known: Readonly<Partial<Record<Parameter, string | null>>> = {
    ACTSUB: String(enrolment.subjects),
    DCUTDESC: 'Day as of which the study was judged',
    DCUTDTC: head.asOf,
    NARMS: '1',
    SSTDTC: enrolment.firstConsent,
    TITLE: head.protocol.title,
    TRT: head.protocol.dosing.product.toUpperCase(),
  };
  return (Object.keys(PARAMETERS) as Parameter[]).map((code) => parameter(code, known[code] ?? null));
}
