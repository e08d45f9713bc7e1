import type { Random } from '../../demo/cohort/seeded-random.ts';
import type { Ehr, EhrResult } from '../../src/ehr/ehr.ts';
import { classifyHttpStatus, classifyNetworkError } from '../../src/ehr/failures.ts';
import type { JsonObject, Resource } from '../../src/fhir/resource.ts';
import { HeldResources } from './held-resources.ts';

/** A hospital's FHIR server behind a network that loses requests and answers. */
export interface SimulatedEhr extends Ehr {
  /** Lists what would break the promise: a resource created twice, a call before the time that the EHR had named. */
  listBreaches(): readonly string[];
  /** Lists the resources that are not Provenance. */
  listResources(): readonly Resource[];
  /** Withdraws the pause that was asked for: the process ended before it could store it. */
  forgetPause(): void;
  /** Ends all faults. */
  heal(): void;
  /** Makes the EHR unreachable, or reachable again. */
  setDown(isDown: boolean): void;
}

/** What the simulated network and EHR do with one request. */
type Fault = 'none' | 'lost-before' | 'lost-after' | 'busy' | 'error-after';

const CONNECTION_LOST = { ok: false, failure: classifyNetworkError({ code: 'ECONNRESET' }, false) } as const;
const RETRY_AFTER_MS = 90_000;

/** Creates the EHR. `random` decides on faults, which a share of the requests meets. */
export function createSimulatedEhr(random: Random, now: () => number, share: number): SimulatedEhr {
  const resources = new HeldResources();
  const early: string[] = [];
  let faultShare = share;
  let isDown = false;
  let notBefore = 0;

  function drawFault(): Fault {
    if (isDown) return 'lost-before';
    if (!random.chance(faultShare)) return 'none';
    return random.pick(['lost-before', 'lost-after', 'busy', 'error-after']);
  }

  /** Answers with what `perform` returns, or with the fault. */
  async function answer<T>(perform: () => EhrResult<T>): Promise<EhrResult<T>> {
    if (now() < notBefore) early.push(`a call ${notBefore - now()} ms before the end of Retry-After`);
    const fault = drawFault();
    if (fault === 'lost-before') return CONNECTION_LOST;
    if (fault === 'busy') {
      notBefore = now() + RETRY_AFTER_MS;
      return { ok: false, failure: classifyHttpStatus(503, RETRY_AFTER_MS, '') };
    }
    const result = perform();
    if (fault === 'lost-after') return CONNECTION_LOST;
    return fault === 'error-after' ? { ok: false, failure: classifyHttpStatus(500, null, '') } : result;
  }

  return {
    // Half of the EHRs, as Oracle Health, know no conditional update.
    updatesByIdentifier: random.chance(0.5),
    listBreaches: () => [...early, ...resources.listDoubled().map((key) => `${key} was created twice`)],
    listResources: () => resources.list().filter(({ resourceType }) => resourceType !== 'Provenance'),
    forgetPause() {
      notBefore = 0;
    },
    heal() {
      faultShare = 0;
      isDown = false;
    },
    setDown(value) {
      isDown = value;
    },
    sendTransaction: (bundle) =>
      answer(() => {
        const entries = resources.performTransaction((bundle as { entry: readonly JsonObject[] }).entry);
        const refused = entries.find(({ status }) => status >= 400);
        if (!refused) return { ok: true, value: { entries } };
        return { ok: false, failure: classifyHttpStatus(refused.status, null, '') };
      }),
    searchByIdentifier: (type, identifier) =>
      answer(() => ({ ok: true, value: resources.findByIdentifier(type, identifier) })),
    read: (type, id) => answer(() => ({ ok: true, value: resources.find(`${type}/${id}`) })),
  };
}
