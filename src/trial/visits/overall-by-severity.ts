import type { Assessment, LateEvent } from '../assessment.ts';
import type { Source } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { formatSourceKey } from '../source-key.ts';
import type { OverallAssessment } from './assess-overall.ts';
import { formatHeadline } from './class-reasons.ts';
import type { SeverityFinding } from './severity.ts';

/**
 * Selects the ids of the sets by which the overall response is assessed: that of the severity, or the protocol's default
 * where the severity is unknown. Without such a default every set that could apply, each once, that of the severest
 * disease first.
 */
export function selectOverallSets(
  { criteria }: Protocol,
  { severity, possible }: SeverityFinding,
): readonly [string, ...string[]] {
  const { overall } = criteria;
  const own = overall[severity];
  if (own !== undefined) return [own];
  const [first = overall.SAA, ...others] = [...new Set(possible.map((known) => overall[known]))];
  return [first, ...others];
}

const readClass = ({ value }: Assessment): string => (value.kind === 'class' ? value.class : '');

function mergeSources(assessments: readonly Assessment[], key: 'evidence' | 'supporting'): readonly Source[] {
  const sources = assessments.flatMap((assessment) => assessment[key]);
  return [...new Map(sources.map((source) => [formatSourceKey(source), source])).values()];
}

/**
 * Merges the answers of every set that could apply to one visit, or to the best response: their class where they agree,
 * preliminary as long as one of them is; NE with the reason where they differ.
 */
function mergeAssessments(
  answers: readonly [Assessment, ...Assessment[]],
  { trace }: SeverityFinding,
): Assessment {
  const [first, ...others] = answers;
  const status = answers.some((answer) => answer.status === 'preliminary') ? 'preliminary' : 'final';
  const outcomes = answers.map((answer) => `${answer.criteria.id} ${readClass(answer)}`).join(', ');
  const missing = [...new Set(trace.flatMap((part) => part.missing))].join('; ');
  const unknown = `The severity before the first infusion cannot be determined, missing ${missing}.`;
  const sources = {
    evidence: mergeSources(answers, 'evidence'),
    supporting: mergeSources(answers, 'supporting'),
    trace: [...trace, ...answers.flatMap((answer) => answer.trace)],
  };
  if (others.every((other) => readClass(other) === readClass(first)))
    return {
      ...first,
      ...sources,
      status,
      reasons: [...first.reasons, `${unknown} Every set that could apply yields this class: ${outcomes}.`],
    };
  return {
    ...first,
    ...sources,
    value: { kind: 'class', class: 'NE' },
    status,
    reasonCode: 'severity-unknown',
    reasons: [
      `${formatHeadline('NE', first.criteria)}: severity-unknown. ${unknown}`,
      `By set: ${outcomes}.`,
    ],
  };
}

/** Returns a late event on which the sets agree; undefined where one of them states no rule, or they differ. */
function selectAgreedEvent<Event extends LateEvent>(
  events: readonly (Event | undefined)[],
): Event | undefined {
  const [first] = events;
  return events.every((event) => event !== undefined && event.verdict === first?.verdict) ? first : undefined;
}

/**
 * Merges what the sets yield that could apply to a subject of unknown severity. Infusions are proposed only where every
 * set proposes them, and a late event is reported only where all agree on it.
 */
export function mergeOverallAssessments(
  bySet: readonly [OverallAssessment, ...OverallAssessment[]],
  severity: SeverityFinding,
): OverallAssessment {
  const [first, ...others] = bySet;
  if (others.length === 0) return first;
  const isSame = (a: Assessment, b: Assessment): boolean => a.kind === b.kind && a.visit === b.visit;
  const assessments = first.assessments.map((assessment) => {
    const more = others.flatMap((other) => other.assessments.filter((answer) => isSame(answer, assessment)));
    return mergeAssessments([assessment, ...more], severity);
  });
  const relapse = selectAgreedEvent(bySet.map(({ later }) => later.relapse));
  const clonalEvolution = selectAgreedEvent(bySet.map(({ later }) => later.clonalEvolution));
  return {
    assessments,
    proposals: bySet.every(({ proposals }) => proposals.length > 0) ? first.proposals : [],
    later: { ...(relapse ? { relapse } : {}), ...(clonalEvolution ? { clonalEvolution } : {}) },
  };
}
