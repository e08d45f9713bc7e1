import fc from 'fast-check';
import type { PipelineSandbox, SentResource } from './pipeline-sandbox.ts';
import {
  buildSentCount,
  buildSentInfusion,
  buildSentPatient,
  buildSentProduct,
  type PatientLink,
  type PatientNaming,
  type VersionHistory,
  withVersionId,
} from './sent-resources.ts';

/** Generators of stories: the resources of a small hospital, in versions, with everything that can happen to them. */
export const PATIENT_NUMBERS = [0, 1, 2, 3] as const;

const generateVersions = (
  resourceType: string,
  id: string,
  one: fc.Arbitrary<SentResource>,
): fc.Arbitrary<VersionHistory> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => ({ resourceType, id, versions: all }));

/** Generates a link for one in `oneIn` versions of a Patient. */
function generateLink(n: number, oneIn: number): fc.Arbitrary<PatientLink | null> {
  const some = fc.record({
    type: fc.constantFrom<PatientLink['type']>('replaced-by', 'replaced-by', 'replaces', 'seealso'),
    otherPatient: fc.constantFrom(...PATIENT_NUMBERS.filter((other) => other !== n)),
  });
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: some });
}

/** Generates four Patients, one in `mergedOneIn` versions merged, four counts, an infusion and its product. */
export function generateHistories(
  by: fc.Arbitrary<'id' | 'mrn'>,
  mergedOneIn = 3,
): fc.Arbitrary<readonly VersionHistory[]> {
  const naming: fc.Arbitrary<PatientNaming> = fc.record({
    patient: fc.constantFrom(0, 0, 0, 1, 2, 3),
    identifiedBy: by,
  });
  const status = fc.constantFrom(
    'final',
    'final',
    'corrected',
    'preliminary',
    'cancelled',
    'entered-in-error',
  );
  const given = fc.constantFrom('completed', 'completed', 'completed', 'not-done', 'entered-in-error');
  const value = fc.constantFrom(8, 15, 60, 160);
  const days = fc.constantFrom('2026-01-10', '2026-01-12', '2026-01-20');
  const persons = PATIENT_NUMBERS.map((n) =>
    generateVersions(
      'Patient',
      `p${n}`,
      generateLink(n, mergedOneIn).map((l) => buildSentPatient(n, l)),
    ),
  );
  const counts = [0, 1, 2, 3].map((n) => {
    const one = fc.tuple(naming, value, status).map(([w, v, s]) => buildSentCount(n, w, v, s));
    return generateVersions('Observation', `o${n}`, one);
  });
  const infused = fc.tuple(naming, days, given).map(([w, d, s]) => buildSentInfusion(0, w, d, s));
  const lot = fc.constantFrom('bm-msc', 'bm-msc', 'bm-msc', 'something').map(buildSentProduct);
  return fc.tuple(
    ...persons,
    ...counts,
    generateVersions('MedicationAdministration', 'm0', infused),
    generateVersions('Medication', 'lot', lot),
  );
}

/** The number of resources of the hospital. */
export const HISTORY_COUNT = 10;

export type StoryEvent =
  | { readonly kind: 'version'; readonly key: number; readonly version: number }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'judge' }
  | { readonly kind: 'deliver' };

/** Generates most of the versions and further events, in any order, with assessments and deliveries between them. */
export function generateEvents<E extends { readonly kind: string }>(
  all: readonly VersionHistory[],
  more: readonly E[],
): fc.Arbitrary<readonly (StoryEvent | E)[]> {
  const versions = all.flatMap(({ versions: history }, key) =>
    history.map((_, version): StoryEvent => ({ kind: 'version', key, version })),
  );
  const doing: StoryEvent[] = [
    { kind: 'judge' },
    { kind: 'deliver' },
    { kind: 'judge' },
    { kind: 'deliver' },
  ];
  const pool = [...versions, ...doing, ...more];
  return fc.shuffledSubarray(pool, { minLength: Math.floor(pool.length / 2), maxLength: pool.length });
}

export const generateDeletions = (keys: number, most: number): fc.Arbitrary<readonly StoryEvent[]> =>
  fc
    .array(fc.nat({ max: keys - 1 }), { maxLength: most })
    .map((gone) => gone.map((key) => ({ kind: 'delete', key })));

/** Generates the order in which final inputs are sent to a fresh store. */
export const generateKeyOrder = (keys: number): fc.Arbitrary<readonly number[]> =>
  fc.shuffledSubarray([...Array(keys).keys()], { minLength: keys });

/** The state of a key: the highest version that came, and whether its content is not deleted. */
export interface KeyState {
  readonly highestVersion: number;
  readonly isLive: boolean;
}

/** Sends a version by its index. Throws where it is refused for anything but an invalid enrolment (422). */
export async function sendVersion(
  sandbox: PipelineSandbox,
  history: VersionHistory,
  version: number,
): Promise<string> {
  const sent = history.versions[version];
  if (!sent) throw new Error('There is no such version.');
  const answer = await sandbox.send(withVersionId(sent, version + 1));
  if (/^(4|5)/.test(answer) && answer !== '422 invalid') throw new Error(`${history.id}: ${answer}`);
  return answer;
}
