import type { WorkItem } from '../../store/work-item-store.ts';
import { type AffectedFigure, findQuestionKind } from '../../trial/questions/question-kinds.ts';

/** The open questions of one kind about a study's subjects. */
interface ContradictionsOfKind {
  readonly reason: string;
  readonly kind: string;
  /** What is in question, for a reader. */
  readonly says: string;
  /** The figures of the report that the answers can change. */
  readonly figures: readonly AffectedFigure[];
  readonly items: number;
  readonly subjects: readonly string[];
}

/** Open questions about subjects whose facts contradict each other. Their facts are in the figures as they are. */
export interface OpenContradictions {
  readonly items: number;
  readonly subjects: readonly string[];
  readonly byReason: readonly {
    readonly reason: string;
    readonly items: number;
    /** The number of resources to look at; one that two questions name counts twice. */
    readonly resources: number;
  }[];
  /** In order of reason and kind. */
  readonly byKind: readonly ContradictionsOfKind[];
}

const listSubjects = (items: readonly WorkItem[]): readonly string[] =>
  [...new Set(items.flatMap(({ subject }) => subject ?? []))].sort();

function summariseKind([first, ...others]: readonly WorkItem[]): readonly ContradictionsOfKind[] {
  if (!first) return [];
  const { reason, kind } = first;
  const items = [first, ...others];
  // Of a kind that a newer version stored, only the code is known.
  const { says, figures } = findQuestionKind(kind ?? '') ?? { says: kind ?? '', figures: [] };
  return [{ reason, kind: kind ?? '', says, figures, items: items.length, subjects: listSubjects(items) }];
}

/** Summarises open questions about the subjects of one study. */
export function summariseContradictions(questions: readonly WorkItem[]): OpenContradictions {
  const ordered = questions.toSorted((a, b) =>
    a.reason === b.reason ? compareText(a.kind ?? '', b.kind ?? '') : compareText(a.reason, b.reason),
  );
  const byKind = Map.groupBy(ordered, ({ reason, kind }) => `${reason} ${kind}`);
  const byReason = Map.groupBy(ordered, ({ reason }) => reason);
  return {
    items: ordered.length,
    subjects: listSubjects(ordered),
    byReason: [...byReason].map(([reason, items]) => ({
      reason,
      items: items.length,
      resources: items.reduce((sum, { sources }) => sum + sources.length, 0),
    })),
    byKind: [...byKind.values()].flatMap(summariseKind),
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
