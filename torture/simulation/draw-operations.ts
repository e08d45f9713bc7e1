import type { Random } from '../../demo/cohort/seeded-random.ts';
import {
  buildSentCount,
  buildSentEnrolment,
  buildSentInfusion,
  buildSentPatient,
  buildSentProduct,
  formatMrn,
  withVersionId,
} from '../../test/pipeline/sent-resources.ts';
import type { SimulatedResource } from './simulated-service.ts';

/** One thing that happens: what a hospital does, what the service does by itself, or time that passes. */
export type Operation =
  | { readonly kind: 'send'; readonly resource: SimulatedResource }
  | { readonly kind: 'delete'; readonly resourceType: string; readonly id: string }
  | { readonly kind: 'enrol'; readonly subject: string; readonly patient: string }
  | { readonly kind: 'assess' }
  | { readonly kind: 'deliver' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'outage'; readonly isDown: boolean };

const PATIENTS = [0, 1, 2, 3] as const;
const MINUTE = 60_000;

/** Draws a new version of a resource that a small hospital has. */
function drawVersion(random: Random): SimulatedResource {
  const naming = {
    patient: random.pick([0, 0, 1, 2, 3]),
    identifiedBy: random.pick<'id' | 'mrn'>(['id', 'mrn']),
  };
  const status = random.pick(['final', 'final', 'final', 'corrected', 'cancelled', 'entered-in-error']);
  const kind = random.integer(0, 9);
  if (kind === 0) return buildSentPatient(random.pick(PATIENTS), null);
  if (kind === 1) {
    const day = random.pick(['2026-01-10', '2026-01-12', '2026-01-20']);
    return buildSentInfusion(0, naming, day, random.pick(['completed', 'completed', 'not-done']));
  }
  if (kind === 2) return buildSentProduct(random.pick(['bm-msc', 'bm-msc', 'something']));
  if (kind === 3) return buildSentEnrolment(random.pick([2, 3]), random.pick(['on-study', 'off-study']));
  const count = buildSentCount(random.integer(0, 3), naming, random.pick([8, 15, 60, 160]), status);
  return { ...count, id: `${count.id}-${naming.patient}` };
}

/** Draws a resource to send: mostly the next version, sometimes one that was sent before, as retries and late messages are. */
function drawSending(random: Random, sent: SimulatedResource[], numbers: Map<string, number>): Operation {
  const repeated = sent[random.integer(0, Math.max(0, sent.length - 1))];
  if (repeated && random.chance(0.15)) return { kind: 'send', resource: repeated };
  const drawn = drawVersion(random);
  const key = `${drawn.resourceType}/${drawn.id}`;
  const number = (numbers.get(key) ?? 0) + 1;
  numbers.set(key, number);
  const resource = withVersionId(drawn, number);
  sent.push(resource);
  return { kind: 'send', resource };
}

/** Draws an enrolment by either of the patient's identifiers. */
function drawEnrolment(random: Random): Operation {
  const patient = random.pick(PATIENTS);
  const named = random.chance(0.5) ? `Patient/p${patient}` : formatMrn(patient);
  return { kind: 'enrol', subject: `S${patient}`, patient: named };
}

function drawDeletion(random: Random): Operation {
  const { resourceType, id } = drawVersion(random);
  return { kind: 'delete', resourceType, id };
}

/** What happens besides sending, each with its share of the operations. */
const OTHERS: readonly (readonly [share: number, draw: (random: Random) => Operation])[] = [
  [0.05, drawEnrolment],
  [0.04, drawDeletion],
  [0.08, () => ({ kind: 'assess' })],
  [0.15, () => ({ kind: 'deliver' })],
  [0.08, (random) => ({ kind: 'wait', ms: random.integer(1, 3 * 24 * 60) * MINUTE })],
  [0.02, (random) => ({ kind: 'outage', isDown: random.chance(0.5) })],
];

/** Draws the operations of one seed. They do not depend on what the service answers. */
export function drawOperations(random: Random, length: number): readonly Operation[] {
  const sent: SimulatedResource[] = [];
  const numbers = new Map<string, number>();
  return Array.from({ length }, (): Operation => {
    let drawn = random.between(0, 1);
    for (const [share, draw] of OTHERS) {
      if (drawn < share) return draw(random);
      drawn -= share;
    }
    return drawSending(random, sent, numbers);
  });
}
