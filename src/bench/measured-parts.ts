import type { BulkFigures } from './parts/bulk.ts';
import type { JudgeFigures, RecomputeFigures } from './parts/judge.ts';
import type { GrowthFigures, PushFigures } from './parts/push.ts';
import type { StartFigures } from './parts/start.ts';
import type { StepFigures } from './parts/steps.ts';

/** What each part has measured; null where it did not run. */
export interface MeasuredParts {
  readonly steps: StepFigures | null;
  readonly bulk: readonly BulkFigures[] | null;
  readonly push: PushFigures | null;
  readonly growth: GrowthFigures | null;
  readonly judge: readonly JudgeFigures[] | null;
  readonly recompute: RecomputeFigures | null;
  readonly start: StartFigures | null;
}
