import fc from 'fast-check';
import { count, infusion, type Link, numbered, patient, product, type Said, type Whom } from './chart.ts';
import type { Sent, World } from './world.ts';

/** The chart of a small hospital with everything that may become of it: what the properties draw their stories from. */
export const PATIENTS = [0, 1, 2, 3] as const;

const versions = (resourceType: string, id: string, one: fc.Arbitrary<Sent>): fc.Arbitrary<Said> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => ({ resourceType, id, versions: all }));

/** A link in one of so many versions of a Patient. */
function link(n: number, oneIn: number): fc.Arbitrary<Link | null> {
  const some = fc.record({
    type: fc.constantFrom<Link['type']>('replaced-by', 'replaced-by', 'replaces', 'seealso'),
    other: fc.constantFrom(...PATIENTS.filter((other) => other !== n)),
  });
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: some });
}

/** Four Patients, one version in so many merged; four counts, an infusion and its product. */
export function said(by: fc.Arbitrary<'id' | 'mrn'>, mergedOneIn = 3): fc.Arbitrary<readonly Said[]> {
  const whom: fc.Arbitrary<Whom> = fc.record({ patient: fc.constantFrom(0, 0, 0, 1, 2, 3), by });
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
  const persons = PATIENTS.map((n) =>
    versions(
      'Patient',
      `p${n}`,
      link(n, mergedOneIn).map((l) => patient(n, l)),
    ),
  );
  const counts = [0, 1, 2, 3].map((n) => {
    const one = fc.tuple(whom, value, status).map(([w, v, s]) => count(n, w, v, s));
    return versions('Observation', `o${n}`, one);
  });
  const infused = fc.tuple(whom, days, given).map(([w, d, s]) => infusion(0, w, d, s));
  const lot = fc.constantFrom('bm-msc', 'bm-msc', 'bm-msc', 'something').map(product);
  return fc.tuple(
    ...persons,
    ...counts,
    versions('MedicationAdministration', 'm0', infused),
    versions('Medication', 'lot', lot),
  );
}

/** How many things the hospital speaks of. */
export const KEYS = 10;

export type Event =
  | { readonly kind: 'version'; readonly key: number; readonly version: number }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'judge' }
  | { readonly kind: 'deliver' };

/** Most of what was said and of what else may happen, in any order, with judgements and deliveries between. */
export function anyOf<E extends { readonly kind: string }>(
  all: readonly Said[],
  more: readonly E[],
): fc.Arbitrary<readonly (Event | E)[]> {
  const told = all.flatMap(({ versions: each }, key) =>
    each.map((_, version): Event => ({ kind: 'version', key, version })),
  );
  const doing: Event[] = [{ kind: 'judge' }, { kind: 'deliver' }, { kind: 'judge' }, { kind: 'deliver' }];
  const pool = [...told, ...doing, ...more];
  return fc.shuffledSubarray(pool, { minLength: Math.floor(pool.length / 2), maxLength: pool.length });
}

export const deletions = (keys: number, most: number): fc.Arbitrary<readonly Event[]> =>
  fc
    .array(fc.nat({ max: keys - 1 }), { maxLength: most })
    .map((gone) => gone.map((key) => ({ kind: 'delete', key })));

/** The order in which final inputs are fed to a fresh store. */
export const anyOrder = (keys: number): fc.Arbitrary<readonly number[]> =>
  fc.shuffledSubarray([...Array(keys).keys()], { minLength: keys });

/** What is known of a key: the highest version that came, and whether it has content that is not deleted. */
export interface Known {
  readonly highest: number;
  readonly live: boolean;
}

/** Sends a version by its number from 0. Throws where the door refuses it as no hospital could expect. */
export async function sendVersion(world: World, said_: Said, version: number): Promise<string> {
  const sent = said_.versions[version];
  if (!sent) throw new Error('There is no such version.');
  const answer = await world.send(numbered(sent, version + 1));
  if (/^(4|5)/.test(answer) && answer !== '422 invalid') throw new Error(`${said_.id}: ${answer}`);
  return answer;
}
