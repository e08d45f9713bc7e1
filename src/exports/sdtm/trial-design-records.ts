import { TRIAL_SUMMARY_PARAMETERS, type TrialSummaryParameter } from '../tabulation/codelists.ts';
import type { DatasetCells } from '../tabulation/dataset-definition.ts';
import type { EnrolmentTotals } from '../tabulation/dataset-extent.ts';
import type { RecordDraft } from '../tabulation/record-drafts.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { getArm, listPlannedElements } from '../tabulation/trial-elements.ts';

/** Drafts the one arm (TA): its elements in their planned order. */
export function draftTrialArms(head: StudyContext): readonly RecordDraft[] {
  const { code, name } = getArm(head.protocol);
  return listPlannedElements(head.protocol).map((element) => ({
    cells: {
      ARMCD: code,
      ARM: name,
      TAETORD: element.order,
      ETCD: element.code,
      ELEMENT: element.name,
      TATRANS: element.transition,
      EPOCH: element.epoch,
    },
    address: element.code,
    sources: [],
  }));
}

/** Drafts the elements (TE). */
export function draftTrialElements(head: StudyContext): readonly RecordDraft[] {
  return listPlannedElements(head.protocol).map(({ code, name, startRule, endRule }) => ({
    cells: { ETCD: code, ELEMENT: name, TESTRL: startRule, TEENRL: endRule },
    address: code,
    sources: [],
  }));
}

function draftSummaryParameter(code: TrialSummaryParameter, value: string | null): RecordDraft {
  const isDate = value !== null && code.endsWith('DTC');
  const said: DatasetCells =
    value === null ? { TSVALNF: 'NI' } : { TSVAL: value, TSVCDREF: isDate ? 'ISO 8601' : null };
  return {
    cells: { TSSEQ: 1, TSPARMCD: code, TSPARM: TRIAL_SUMMARY_PARAMETERS[code], ...said },
    address: code,
    sources: [],
  };
}

/**
 * The trial's summary (TS): what the protocol and the data say. What only a registration knows (sponsor, phase, registry
 * number, indication, planned size) is NI here: the number that the publication prints belongs to another study.
 */
export function draftTrialSummary(head: StudyContext, enrolment: EnrolmentTotals): readonly RecordDraft[] {
  const known: Readonly<Partial<Record<TrialSummaryParameter, string | null>>> = {
    ACTSUB: String(enrolment.subjectCount),
    DCUTDESC: 'Day as of which the study was judged',
    DCUTDTC: head.asOf,
    NARMS: String(head.protocol.arms.length),
    SSTDTC: enrolment.firstConsent,
    TITLE: head.protocol.title,
    TRT: head.protocol.dosing.product.toUpperCase(),
  };
  return (Object.keys(TRIAL_SUMMARY_PARAMETERS) as TrialSummaryParameter[]).map((code) =>
    draftSummaryParameter(code, known[code] ?? null),
  );
}
