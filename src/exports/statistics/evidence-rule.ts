import type { Source } from '../../trial/facts.ts';
import type { FigureKind } from '../provenance-trace.ts';
import type { SubjectEvidence } from './subject-evidence.ts';

/** The variable parts of an address, by the names of the groups in the rule's pattern. */
export type AddressParts = Readonly<Record<string, string | undefined>>;

/** A rule for figures of the report: their addresses, their kind, and the sources by which a subject contributes. */
export interface FigureEvidenceRule {
  /** Matches the whole address of a figure, such as `response/overall/count`. */
  readonly pattern: RegExp;
  readonly counts: FigureKind;
  /** Returns null where the subject does not contribute to the figure; empty where they do so by enrolment alone. */
  selectSources(evidence: SubjectEvidence, parts: AddressParts): readonly Source[] | null;
}
