import { TRIAL_SUMMARY_PARAMETERS, type TrialSummaryParameter } from '../tabulation/codelists.ts';
import type { DatasetCells } from '../tabulation/dataset-definition.ts';
import type { EnrolmentTotals } from '../tabulation/dataset-extent.ts';
import type { RecordDraft } from '../tabulation/record-drafts.ts';
import { deriveArm } from '../tabulation/special-purpose-records.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { listPlannedElements } from '../tabulation/trial-elements.ts';

/** The one arm (TA): who responds at the continuation visit gets the continuation course. */
export function draftTrialArms(head: StudyContext): readonly RecordDraft[] {
  const { code, name } = deriveArm({ study: head });
  const { visit } = head.protocol.dosing.continuation;
  const skip = `If there is no response at visit ${visit}, go to element FUP`;
  return listPlannedElements(head.protocol).map((element) => ({
    cells: {
      ARMCD: code,
      ARM: name,
      TAETORD: element.order,
      ETCD: element.code,
      ELEMENT: element.name,
      TATRANS: element.code === 'MSC1' ? skip : null,
      EPOCH: element.epoch,
    },
    address: element.code,
    sources: [],
  }));
}

/** The elements (TE). */
export function draftTrialElements(head: StudyContext): readonly RecordDraft[] {
  return listPlannedElements(head.protocol).map(({ code, name, startRule: starts, endRule: ends }) => ({
    cells: { ETCD: code, ELEMENT: name, TESTRL: starts, TEENRL: ends },
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
    NARMS: '1',
    SSTDTC: enrolment.firstConsent,
    TITLE: head.protocol.title,
    TRT: head.protocol.dosing.product.toUpperCase(),
  };
  return (Object.keys(TRIAL_SUMMARY_PARAMETERS) as TrialSummaryParameter[]).map((code) =>
    draftSummaryParameter(code, known[code] ?? null),
  );
}
