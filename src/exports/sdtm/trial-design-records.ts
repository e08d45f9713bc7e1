import { resolveCodelist, resolveTest, type TestNames } from '../tabulation/codelists.ts';
import type { DatasetCells } from '../tabulation/dataset-definition.ts';
import type { EnrolmentTotals } from '../tabulation/dataset-extent.ts';
import type { RecordDraft } from '../tabulation/record-drafts.ts';
import type { StudyContext } from '../tabulation/subject-timeline.ts';
import { getArm, listPlannedElements } from '../tabulation/trial-elements.ts';

/** Drafts the one arm (TA): its elements in their planned order. */
export function draftTrialArms({ protocol }: StudyContext): readonly RecordDraft[] {
  const { code, name } = getArm(protocol);
  return listPlannedElements(protocol).map((element) => ({
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
export function draftTrialElements({ protocol }: StudyContext): readonly RecordDraft[] {
  return listPlannedElements(protocol).map(({ code, name, startRule, endRule }) => ({
    cells: { ETCD: code, ELEMENT: name, TESTRL: startRule, TEENRL: endRule },
    address: code,
    sources: [],
  }));
}

const SUMMARY_CODELIST = 'TSPARMCD';

/** The value of a summary parameter; `isDate`: TSVCDREF names ISO 8601. */
interface SummaryValue {
  readonly text: string;
  readonly isDate?: boolean;
}

function draftSummaryParameter([code, name]: TestNames, value: SummaryValue | undefined): RecordDraft {
  const valueCells: DatasetCells = value
    ? { TSVAL: value.text, TSVCDREF: value.isDate ? 'ISO 8601' : null }
    : { TSVALNF: 'NI' };
  return {
    cells: { TSSEQ: 1, TSPARMCD: code, TSPARM: name, ...valueCells },
    address: code,
    sources: [],
  };
}

/**
 * Drafts the trial summary (TS) from the protocol and the data. Parameters that only a registration has (sponsor,
 * phase, registry number, indication, planned size) are NI here: the number in the publication belongs to another
 * study.
 */
export function draftTrialSummary(
  { protocol, asOf }: StudyContext,
  { subjectCount, firstConsent }: EnrolmentTotals,
): readonly RecordDraft[] {
  const values: Readonly<Record<string, SummaryValue>> = {
    ACTSUB: { text: String(subjectCount) },
    DCUTDESC: { text: 'Day as of which the study was assessed' },
    DCUTDTC: { text: asOf, isDate: true },
    NARMS: { text: String(protocol.arms.length) },
    ...(firstConsent === null ? {} : { SSTDTC: { text: firstConsent, isDate: true } }),
    TITLE: { text: protocol.title },
    TRT: { text: protocol.dosing.product.toUpperCase() },
  };
  for (const code of Object.keys(values)) resolveTest(SUMMARY_CODELIST, code);
  return (resolveCodelist(SUMMARY_CODELIST).terms ?? []).map(({ value: code, meaning }) =>
    draftSummaryParameter([code, meaning], values[code]),
  );
}
