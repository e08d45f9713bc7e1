import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import type { SealedPayloadCount } from '../../store/sealed-payload-store.ts';
import type { Store } from '../../store/store.ts';
import type { ErasureOperations } from './erasure-operations.ts';

/** Until when the data of a study are kept. Printed as JSON. */
export interface StudyRetention {
  readonly study: string;
  readonly subjects: number;
  /** The last day of the study, and the years after it; null where the configuration does not state them. */
  readonly endedOn: string | null;
  readonly retentionYears: number | null;
  /** The first day on which the data may be destroyed; null where it is not known. */
  readonly dueOn: string | null;
  readonly isDue: boolean;
}

/** What is kept, and until when. Printed as JSON. */
export interface RetentionReport {
  readonly studies: readonly StudyRetention[];
  /** Payloads about patients who are not enrolled; each is destroyed by itself after the days of the protocol. */
  readonly sealed: readonly SealedPayloadCount[];
}

/** The subjects of a study that were destroyed, or, as a preview, would be. Printed as JSON. */
export interface StudyDestruction {
  readonly study: string;
  readonly isDone: boolean;
  readonly subjects: number;
  readonly contents: number;
}

/** Operations on what has been kept long enough. */
export interface RetentionOperations {
  listRetention(now?: Date): Promise<RetentionReport>;
  /**
   * Erases every subject of a study whose time is over; what other studies need of them is kept. Throws `erasure/refused` before
   * that, and without a reason.
   */
  destroyStudy(study: string, decider: Decider, isPreview: boolean, now?: Date): Promise<StudyDestruction>;
}

/** Adds years to a day; the day after 28 February takes the place of 29 February in a year without it. */
function addYears(day: string, years: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date.toISOString().slice(0, 10);
}

function buildRetention(
  study: string,
  subjects: number,
  { studies }: Pick<Config, 'studies'>,
  now: Date,
): StudyRetention {
  const settings = studies[study];
  const dueOn = settings ? addYears(settings.endedOn, settings.retentionYears) : null;
  return {
    study,
    subjects,
    endedOn: settings?.endedOn ?? null,
    retentionYears: settings?.retentionYears ?? null,
    dueOn,
    isDue: dueOn !== null && dueOn <= now.toISOString().slice(0, 10),
  };
}

function refuseEarlyDestruction({ study, dueOn, isDue }: StudyRetention): void {
  if (isDue) return;
  const message =
    dueOn === null
      ? `It is not stated how long the data of ${study} are kept.`
      : `The data of ${study} are kept until ${dueOn}.`;
  throw new Failure('erasure/refused', message, {
    parameter: 'destroy',
    fix: `State endedOn and retentionYears under studies.${study} in the configuration; data are destroyed after that only.`,
  });
}

/** Creates the operations. */
export function createRetentionOperations(
  config: Pick<Config, 'studies'>,
  store: Store,
  listStudies: () => readonly string[],
  { erase }: Pick<ErasureOperations, 'erase'>,
): RetentionOperations {
  const listSubjects = (study: string) => store.read((tx) => tx.subjects.list(study));
  const readRetention = async (study: string, now: Date) =>
    buildRetention(study, (await listSubjects(study)).length, config, now);
  return {
    async listRetention(now = new Date()) {
      const studies: StudyRetention[] = [];
      for (const study of listStudies()) studies.push(await readRetention(study, now));
      return { studies, sealed: await store.read((tx) => tx.sealedPayloads.countBySite()) };
    },
    async destroyStudy(study, decider, isPreview, now = new Date()) {
      refuseEarlyDestruction(await readRetention(study, now));
      let contents = 0;
      const subjects = await listSubjects(study);
      for (const { subject } of subjects) {
        const { record } = await erase({ study, subject, scope: 'study' }, decider, isPreview);
        contents += record.removed.versions;
      }
      return { study, isDone: !isPreview, subjects: subjects.length, contents };
    },
  };
}
