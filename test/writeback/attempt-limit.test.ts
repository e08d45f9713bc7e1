import { expect, test } from '@jest/globals';
import type { Ehr } from '../../src/ehr/ehr.ts';
import { classifyHttpStatus } from '../../src/ehr/failures.ts';
import { limitAttempt } from '../../src/writeback/attempt-limit.ts';

const LIMIT = { ms: 60_000, stop: new AbortController().signal };

/** An EHR whose search answers with a status; it counts the calls. */
function createAnsweringEhr(status: number, retryAfterMs: number | null): Ehr & { calls: number } {
  const failure = classifyHttpStatus(status, retryAfterMs, '');
  const ehr = {
    calls: 0,
    updatesByIdentifier: true,
    async searchByIdentifier() {
      ehr.calls += 1;
      return { ok: false, failure } as const;
    },
    async read() {
      ehr.calls += 1;
      return { ok: true, value: null } as const;
    },
    async sendTransaction() {
      ehr.calls += 1;
      return { ok: true, value: { entries: [] } } as const;
    },
  };
  return ehr;
}

test.each([
  ['after a pause that the EHR asks for, nothing more is called in the attempt', 503, 90_000, 1],
  ['without one, the attempt goes on', 503, null, 3],
  ['a pause of no length is one', 429, 0, 1],
])('%s', async (_name, status, retryAfterMs, calls) => {
  const ehr = createAnsweringEhr(status, retryAfterMs);
  const limited = limitAttempt(ehr, LIMIT);
  await limited.searchByIdentifier('Observation', 's|1');
  const read = await limited.read('Observation', '1');
  await limited.sendTransaction({});
  expect(ehr.calls).toBe(calls);
  if (calls === 1) expect(read).toMatchObject({ failure: { status, retryAfterMs, effect: 'none' } });
});
