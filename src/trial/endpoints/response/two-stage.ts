import {
  computeTwoStageProperties,
  type TwoStageDesign,
} from '../../../statistics/two-stage/simon-design.ts';
import {
  computeTwoStageLimits,
  computeTwoStageP,
} from '../../../statistics/two-stage/two-stage-inference.ts';
import type { Protocol } from '../../protocol.ts';
import { roundFigure } from '../counted-share.ts';
import { isResponder, selectPopulation } from '../populations/analysis-sets.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/**
 * The state of a stage. `open`: subjects or final classes are missing, and the bound is not passed yet; `passed`: more
 * responders than the bound; `failed`: no more can come.
 */
export type StageState = 'open' | 'passed' | 'failed';

/** One stage so far. */
export interface StageFigures {
  readonly planned: number;
  readonly bound: number;
  readonly treated: number;
  readonly responders: number;
  /** Subjects of the stage whose class is not final. */
  readonly notFinal: number;
  readonly state: StageState;
}

/** Simon's two-stage design of the protocol, and where the study stands. */
export interface TwoStageTable {
  readonly method: string;
  readonly design: {
    readonly p0: number;
    readonly p1: number;
    /** Probability to reject the null hypothesis where it is true, and where the alternative is. */
    readonly alpha: number | null;
    readonly power: number | null;
    /** Under the null hypothesis. */
    readonly expectedSize: number | null;
    readonly earlyStop: number | null;
  };
  readonly stages: { readonly first: StageFigures; readonly second: StageFigures };
  /** Once the trial has ended at one of its stages with final classes: p and limits (percent) that heed the design. */
  readonly result: { readonly p: number | null; readonly limits: readonly (number | null)[] } | null;
}

function buildStage(members: readonly SubjectFigures[], planned: number, bound: number): StageFigures {
  const stage = members.slice(0, planned);
  const responders = stage.filter(isResponder).length;
  const notFinal = stage.filter(({ best }) => best.status !== 'final').length;
  const isComplete = stage.length === planned && notFinal === 0;
  const state = responders > bound ? 'passed' : isComplete ? 'failed' : 'open';
  return { planned, bound, treated: stage.length, responders, notFinal, state };
}

const isStageComplete = ({ treated, planned, notFinal }: StageFigures): boolean =>
  treated === planned && notFinal === 0;

/** Builds the result of a trial that has ended: after the first stage where that failed, else after the second. */
function buildResult(
  { first, second }: TwoStageTable['stages'],
  design: TwoStageDesign,
  p0: number,
  level: number,
): TwoStageTable['result'] {
  const hasStopped = first.state === 'failed';
  if (!hasStopped && !isStageComplete(second)) return null;
  const { responders } = hasStopped ? first : second;
  const limits = computeTwoStageLimits(design, responders, level);
  return {
    p: roundFigure(computeTwoStageP(design, responders, p0)),
    limits: limits.map((limit) => roundFigure(100 * limit)),
  };
}

/**
 * Builds the state of the protocol's two-stage design: the treated in order of their first infusion, then of their number.
 * Source: Simon, Control Clin Trials 1989;10:1. Null where the protocol names no design.
 */
export function buildTwoStageTable(
  subjects: readonly SubjectFigures[],
  { analysis, interval }: Protocol,
): TwoStageTable | null {
  const design = analysis.twoStage;
  if (design === null) return null;
  const { n1, r1, n, r } = design;
  const [p0, p1] = [Number(design.p0), Number(design.p1)];
  const ordered = selectPopulation(subjects, 'treated').toSorted((a, b) => {
    const [first, second] = [a, b].map(({ dayZero, best }) => `${dayZero} ${best.subject}`);
    return (first ?? '') < (second ?? '') ? -1 : 1;
  });
  const under = computeTwoStageProperties({ n1, r1, n, r }, p0);
  const alternative = computeTwoStageProperties({ n1, r1, n, r }, p1);
  const stages = { first: buildStage(ordered, n1, r1), second: buildStage(ordered, n, r) };
  return {
    method: `confirmed response of the treated in order of the first infusion; stopped with at most ${r1} of ${n1}, null hypothesis rejected with more than ${r} of ${n}`,
    design: {
      p0,
      p1,
      alpha: roundFigure(under.rejectNull),
      power: roundFigure(alternative.rejectNull),
      expectedSize: roundFigure(under.expectedSize),
      earlyStop: roundFigure(under.earlyStop),
    },
    stages,
    result: buildResult(stages, { n1, r1, n, r }, p0, Number(interval.percent) / 100),
  };
}
