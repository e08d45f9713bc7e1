import type { Course } from './course.ts';
import type { RawRules } from './raw-rules.ts';
import type { CountsByAnalyte } from './seen-counts.ts';

/** What a criterion is asked about. */
export interface Scene {
  readonly rules: RawRules;
  readonly course: Course;
  readonly baseline: CountsByAnalyte;
  readonly counts: CountsByAnalyte;
  /** The days on which transfusions are looked at. */
  readonly transfusionDays: readonly number[];
  /** Where independence is asked over a whole span: its first day. */
  readonly independentFrom: number | null;
}
