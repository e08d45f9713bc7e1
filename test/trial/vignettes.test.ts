import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/days.ts';
import { judgeSubject } from '../../src/trial/judge.ts';
import { answerTo, isOfWords, judgedBy } from './answers.ts';
import {
  caseFiles,
  DAY_ZERO,
  factsOf,
  givenBy,
  nameOf,
  realCriteria,
  realProtocol,
  subjectOf,
  type Vignette,
} from './vignette.ts';

const run = promisify(execFile);
const criteria = realCriteria();
const protocol = realProtocol();

const judged = (v: Vignette) => judgedBy({ protocol, criteria }, v);

describe.each(caseFiles())('$file', ({ cases }) => {
  test.each(cases.map((v) => [v.name, v] as const))('%s', (_name, v) => {
    const judgement = judged(v);
    for (const [question, wanted] of Object.entries(v.expect)) {
      const answer = answerTo(question, judgement);
      if (isOfWords(question))
        expect([question, answer]).toEqual([question, expect.stringContaining(String(wanted))]);
      else expect([question, answer]).toEqual([question, wanted]);
    }
  });
});

describe('whatever the case', () => {
  const all = caseFiles().flatMap(({ cases }) => cases);
  test('there are at least 300 cases, each with its own name and rule', () => {
    expect(all.length).toBeGreaterThanOrEqual(300);
    expect(new Set(all.map((v) => v.name)).size).toBe(all.length);
    expect(all.filter((v) => !v.follows)).toEqual([]);
  });

  test('the machine’s time zone does not matter', async () => {
    const script = join(import.meta.dirname, 'judge-cases.ts');
    const inZone = async (zone: string) => {
      const env = { ...process.env, TZ: zone };
      const { stdout } = await run(process.execPath, [script], { env, maxBuffer: 1e8 });
      return JSON.parse(stdout) as { noonIs: string; given: unknown };
    };
    const zones = ['UTC', 'America/New_York', 'Pacific/Auckland'];
    const [utc, ...others] = await Promise.all(zones.map(inZone));
    const noons = [utc, ...others].map((one) => one?.noonIs.slice(11, 16));
    expect(noons).toEqual(['12:00', '16:00', '00:00']);
    for (const other of others) expect(other.given).toEqual(utc?.given);
  });

  test('the order of facts does not matter', () => {
    for (const v of all) {
      const facts = factsOf(v);
      const input = { subject: subjectOf(v), protocol, criteria, today: addDays(DAY_ZERO, v.today) };
      const forward = judgeSubject({ ...input, facts });
      const backward = judgeSubject({ ...input, facts: [...facts].reverse() });
      expect([v.name, givenBy(backward)]).toEqual([v.name, givenBy(forward)]);
    }
  });

  test('every class names the counts that led to it, and NE never is a response', () => {
    for (const v of all) {
      for (const a of judged(v).assessments) {
        const isResponse = a.value.kind === 'days' || a.value.class === 'CR' || a.value.class === 'PR';
        if (isResponse) expect([v.name, nameOf(a), a.evidence.length > 0]).toEqual([v.name, nameOf(a), true]);
        expect([v.name, nameOf(a), a.reasons.length > 0]).toEqual([v.name, nameOf(a), true]);
      }
    }
  });
});
