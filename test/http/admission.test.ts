import { afterEach, describe, expect, test } from '@jest/globals';
import { type Admission, type AdmittedRequest, createAdmission } from '../../src/http/limits/admission.ts';
import { createTokenBuckets } from '../../src/http/limits/token-buckets.ts';

/** Decisions about load, on a clock that the test moves. */

let time = 0;
afterEach(() => {
  time = 0;
});

const createClockedAdmission = (limits = {}): Admission =>
  createAdmission({ waitMs: 100, bytes: 10_000_000, ...limits }, () => time);

const SMALL = 1_000;
const HEAVY = { site: 'site-1', client: 'engine' };
const OTHER = { site: 'site-2', client: 'engine' };

/** Admits a request whose body has arrived. */
function beginRequest(admission: Admission, sender = HEAVY, bytes = SMALL): AdmittedRequest {
  const admitted = admission.admit(sender, bytes);
  admitted.beginWork();
  return admitted;
}

/** Works through one request a millisecond for half a second, so that the admission knows how fast that is. */
function runSteadily(admission: Admission): void {
  for (const end = time + 500; time < end; ) {
    const admitted = beginRequest(admission);
    time += 1;
    admitted.end();
  }
}

/** Lets requests of the sender wait until one is refused; returns how many were admitted, and the refusal. */
function fillQueue(admission: Admission, sender = HEAVY): { waiting: AdmittedRequest[]; refusal: unknown } {
  const waiting: AdmittedRequest[] = [];
  try {
    waiting.push(beginRequest(admission, sender));
    time += 30;
    for (;;) waiting.push(beginRequest(admission, sender));
  } catch (refusal) {
    return { waiting, refusal };
  }
}

describe('a queue', () => {
  test('holds what is finished in the time that a request may wait; the rest is told when to come again', () => {
    const admission = createClockedAdmission();
    runSteadily(admission);
    const { waiting, refusal } = fillQueue(admission);
    // One a millisecond, 100 ms: about a hundred.
    expect(waiting.length).toBeGreaterThan(80);
    expect(waiting.length).toBeLessThan(110);
    expect(refusal).toMatchObject({ code: 'http/overloaded', retryAfterSeconds: expect.any(Number) });
  });

  test('is open again as soon as it is shorter', () => {
    const admission = createClockedAdmission();
    runSteadily(admission);
    const { waiting } = fillQueue(admission);
    for (const admitted of waiting.splice(0, 50)) admitted.end();
    expect(() => beginRequest(admission)).not.toThrow();
  });

  test('is no queue while nobody has waited: a burst is admitted whole', () => {
    const admission = createClockedAdmission();
    runSteadily(admission);
    for (let n = 0; n < 1_000; n++) beginRequest(admission);
  });

  test('has room for a few on the slowest machine', () => {
    const admission = createClockedAdmission();
    beginRequest(admission);
    time += 60_000;
    for (let n = 0; n < 31; n++) beginRequest(admission);
    expect(() => beginRequest(admission)).toThrow();
  });

  test('does not count requests that are still arriving as waiting', () => {
    const admission = createClockedAdmission();
    for (let n = 0; n < 500; n++) {
      admission.admit(HEAVY, SMALL);
      time += 100;
    }
  });
});

describe('a share', () => {
  test('of a site that sends little is kept, whatever another sends; who has more than it gets 429', () => {
    const admission = createClockedAdmission();
    runSteadily(admission);
    fillQueue(admission);
    for (let n = 0; n < 30; n++) beginRequest(admission, OTHER);
    expect(() => beginRequest(admission)).toThrow(
      expect.objectContaining({ code: 'http/too-many-requests', retryAfterSeconds: expect.any(Number) }),
    );
  });

  test('of a client is kept in its site, and ten clients of one site are one site', () => {
    const admission = createClockedAdmission();
    runSteadily(admission);
    fillQueue(admission);
    const sibling = { site: 'site-1', client: 'laboratory' };
    expect(() => beginRequest(admission, sibling)).not.toThrow();
    for (let n = 0; n < 10; n++) {
      const client = { site: 'site-1', client: `engine-${n}` };
      for (let sent = 0; sent < 8; sent++) beginRequest(admission, client);
    }
    for (let n = 0; n < 30; n++) expect(() => beginRequest(admission, OTHER)).not.toThrow();
  });

  test('is counted in bytes too: a large Bundle is as much work as its resources', () => {
    const admission = createClockedAdmission();
    beginRequest(admission, HEAVY, 5_000_000);
    time += 30;
    for (let n = 0; n < 3; n++) beginRequest(admission);
    expect(() => beginRequest(admission)).toThrow();
    expect(() => beginRequest(admission, OTHER)).not.toThrow();
  });
});

describe('bytes', () => {
  test('in progress are limited before any body is read', () => {
    const admission = createClockedAdmission();
    for (let n = 0; n < 10; n++) admission.admit(HEAVY, 1_000_000);
    expect(() => admission.admit(HEAVY, 1_000_000)).toThrow(
      expect.objectContaining({ code: 'http/overloaded' }),
    );
    const other = admission.admit(OTHER, 1_000_000);
    other.end();
  });

  test('of all together have an end also for those with a share', () => {
    const admission = createClockedAdmission();
    expect(() => {
      for (let n = 0; n < 50; n++) admission.admit({ site: `site-${n}`, client: 'engine' }, 1_000_000);
    }).toThrow(expect.objectContaining({ code: 'http/too-many-requests' }));
  });

  test('a body that is larger than the limit is admitted alone', () => {
    const admission = createClockedAdmission({ bytes: 1_000 });
    expect(() => admission.admit(HEAVY, 3_000)).not.toThrow();
  });
});

describe('streams', () => {
  test('of one client are few, and what has ended counts no more', () => {
    const admission = createClockedAdmission();
    const streams = Array.from({ length: 8 }, () => admission.admitStream(HEAVY));
    expect(() => admission.admitStream(HEAVY)).toThrow(
      expect.objectContaining({ code: 'http/too-many-requests' }),
    );
    expect(() => admission.admitStream(OTHER)).not.toThrow();
    streams[0]?.end();
    expect(() => admission.admitStream(HEAVY)).not.toThrow();
  });

  test('wait while requests wait', async () => {
    const admission = createClockedAdmission();
    await admission.waitForRequests();
    const admitted = beginRequest(admission);
    time += 30;
    let hasWaited = false;
    const waited = admission.waitForRequests().then(() => {
      hasWaited = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hasWaited).toBe(false);
    admitted.end();
    await waited;
  });
});

describe('a token bucket', () => {
  test('admits a burst, then so many a second, each name for itself', () => {
    const buckets = createTokenBuckets({ perSecond: 2, burst: 3 }, () => time);
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([0, 0, 0]);
    expect(buckets.take('a')).toBeCloseTo(0.5);
    expect(buckets.take('b')).toBe(0);
    time += 500;
    expect(buckets.take('a')).toBe(0);
    expect(buckets.take('a')).toBeGreaterThan(0);
    time += 60_000;
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([0, 0, 0]);
    expect(buckets.take('a')).toBeGreaterThan(0);
  });

  test('remembers a limited number of names', () => {
    const buckets = createTokenBuckets({ perSecond: 0.1, burst: 1 }, () => time);
    buckets.take('first');
    expect(buckets.take('first')).toBeGreaterThan(0);
    for (let n = 0; n < 10_000; n++) buckets.take(`${n}`);
    expect(buckets.take('first')).toBe(0);
  });
});
