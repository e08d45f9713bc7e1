import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  formatAssessmentName,
  readBundledCriteria,
  readBundledProtocol,
  readVignetteFiles,
  summariseAssessments,
  type Vignette,
} from './vignette.ts';
import { answerQuestion, assessVignette, isTextQuestion } from './vignette-answers.ts';

const execFileAsync = promisify(execFile);
const criteria = readBundledCriteria();
const protocol = readBundledProtocol();

const assessByBundledRules = (v: Vignette) => assessVignette({ protocol, criteria }, v);

describe.each(readVignetteFiles())('$file', ({ cases }) => {
  test.each(cases.map((v) => [v.name, v] as const))('%s', (_name, v) => {
    const assessment = assessByBundledRules(v);
    for (const [question, wanted] of Object.entries(v.expect)) {
      const answer = answerQuestion(question, assessment);
      if (isTextQuestion(question))
        expect([question, answer]).toEqual([question, expect.stringContaining(String(wanted))]);
      else expect([question, answer]).toEqual([question, wanted]);
    }
  });
});

describe('in every case', () => {
  const all = readVignetteFiles().flatMap(({ cases }) => cases);
  test('there are at least 300 cases, each with its own name and rule', () => {
    expect(all.length).toBeGreaterThanOrEqual(300);
    expect(new Set(all.map((v) => v.name)).size).toBe(all.length);
    expect(all.filter((v) => !v.follows)).toEqual([]);
  });

  test('the machine’s time zone does not matter', async () => {
    const script = join(import.meta.dirname, 'print-vignette-assessments.ts');
    const inZone = async (zone: string) => {
      const env = { ...process.env, TZ: zone };
      const { stdout } = await execFileAsync(process.execPath, [script], { env, maxBuffer: 1e8 });
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
      const facts = buildVignetteFacts(v);
      const input = {
        subject: buildVignetteSubject(v),
        protocol,
        criteria,
        today: addDays(DAY_ZERO, v.today),
      };
      const forward = assessSubject({ ...input, facts });
      const backward = assessSubject({ ...input, facts: [...facts].reverse() });
      expect([v.name, summariseAssessments(backward)]).toEqual([v.name, summariseAssessments(forward)]);
    }
  });

  test('every class names the counts that led to it, and NE is never a response', () => {
    for (const v of all) {
      for (const a of assessByBundledRules(v).assessments) {
        const isResponse = a.value.kind === 'days' || a.value.class === 'CR' || a.value.class === 'PR';
        if (isResponse)
          expect([v.name, formatAssessmentName(a), a.evidence.length > 0]).toEqual([
            v.name,
            formatAssessmentName(a),
            true,
          ]);
        expect([v.name, formatAssessmentName(a), a.reasons.length > 0]).toEqual([
          v.name,
          formatAssessmentName(a),
          true,
        ]);
      }
    }
  });
});
