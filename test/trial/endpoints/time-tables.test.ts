import { describe, expect, test } from '@jest/globals';
import type { CourseTimes } from '../../../src/trial/endpoints/subject/course-times.ts';
import {
  buildDurationTables,
  measureDuration,
} from '../../../src/trial/endpoints/time-to-event/durations.ts';
import { buildLandmarkTables } from '../../../src/trial/endpoints/time-to-event/landmarks.ts';
import {
  buildResponseIncidence,
  findFirstEvent,
} from '../../../src/trial/endpoints/time-to-event/response-incidence.ts';
import { buildSurvivalTable } from '../../../src/trial/endpoints/time-to-event/survival-table.ts';
import type { EndpointEvent } from '../../../src/trial/protocol.ts';
import { deriveCase, FAILURE, RESPONSE, SMALL_STUDY, STUDY_PROTOCOL } from './small-study.ts';

const NOTHING: CourseTimes = {
  ...{ contact: 400, death: null, lastCount: 380, transplant: null, newTreatment: null },
  ...{ response: null, confirmed: null, relapse: null, clonalEvolution: null },
};

describe('when the events of a course happened', () => {
  const findTimes = (subject: string) => SMALL_STUDY.find(({ best }) => best.subject === subject)?.times;

  test('a response begins with its first count, is confirmed by the next, and is lost at a visit', () => {
    expect(findTimes('R1')).toMatchObject({ response: 91, confirmed: 183, relapse: 274, death: null });
  });

  test('a failing visit before the response does not end it', () => {
    const late = deriveCase('L', {
      counts: [
        [30, FAILURE],
        [91, RESPONSE],
        [183, RESPONSE],
      ],
    });
    expect(late.times).toMatchObject({ response: 91, relapse: null });
  });

  test('a transplant ends the observation, and the response is not lost by it', () => {
    expect(findTimes('R2')).toMatchObject({ response: 61, transplant: 250, relapse: null, lastCount: 183 });
  });

  test('a new treatment is no transplant, its conditioning belongs to one', () => {
    const treated = deriveCase('T', { counts: [[91, FAILURE]], drugs: [[100, 'atg']] });
    expect(treated.times).toMatchObject({ newTreatment: 100, transplant: null });
    const conditioned = deriveCase('C', { counts: [[91, FAILURE]], drugs: [[100, 'atg']], transplant: 106 });
    expect(conditioned.times).toMatchObject({ newTreatment: null, transplant: 100 });
  });

  test('without a response, and without a first infusion', () => {
    expect(findTimes('N1')).toMatchObject({ response: null, confirmed: null, relapse: null, death: 120 });
    expect(findTimes('U')).toBeNull();
  });
});

describe('a duration', () => {
  test.each<[string, Partial<CourseTimes>, EndpointEvent[], number, { time: number; died: boolean }]>([
    ['ends with its event', { relapse: 200 }, ['relapse'], 50, { time: 150, died: true }],
    [
      'ends with the first of two',
      { relapse: 200, death: 180 },
      ['relapse', 'death'],
      50,
      { time: 130, died: true },
    ],
    [
      'is censored by a transplant that is no event',
      { transplant: 90, relapse: 200 },
      ['relapse'],
      50,
      { time: 40, died: false },
    ],
    ['ends with a transplant that is one', { transplant: 90 }, ['transplant'], 50, { time: 40, died: true }],
    [
      'counts an event on the day of a transplant',
      { transplant: 90, death: 90 },
      ['death'],
      50,
      { time: 40, died: true },
    ],
    ['goes on past what is neither', { clonalEvolution: 70 }, ['death'], 50, { time: 330, died: false }],
    ['without an event ends with the last day', {}, ['death'], 0, { time: 380, died: false }],
    ['is never negative', { lastCount: 10 }, ['death'], 50, { time: 330, died: false }],
  ])('%s', (_name, times, events, from, expected) => {
    expect(measureDuration({ ...NOTHING, ...times }, events, from, NOTHING.lastCount)).toEqual(expected);
  });

  test('response and relapse are of responders, event-free survival of the treated', () => {
    const tables = buildDurationTables(SMALL_STUDY, STUDY_PROTOCOL);
    // R1 lost the response after 183 days; R2 is censored by the transplant 189 days after the first day of the response.
    expect(tables.responseDuration).toMatchObject({ of: 2, counts: { events: 1, censored: 1 } });
    expect(tables.responseDuration.months['6']).toMatchObject({ survival: 1, counts: { atRisk: 2 } });
    // Events: R1's relapse, R2's transplant, N1's death.
    expect(tables.eventFree).toMatchObject({ of: 6, counts: { events: 3, censored: 3 } });
  });

  test('a curve is not read after the last observation, unless it has reached 0', () => {
    const read = (died: boolean) =>
      buildSurvivalTable([{ time: 100, died }], [6], STUDY_PROTOCOL).months['6'];
    expect(read(false)?.survival).toBeNull();
    expect(read(true)?.survival).toBe(0);
  });
});

describe('what comes first', () => {
  test.each<[string, Partial<CourseTimes>, { time: number; event: string | null }]>([
    ['the response', { response: 30, death: 200 }, { time: 30, event: 'response' }],
    ['a death', { death: 20, contact: 20 }, { time: 20, event: 'death' }],
    [
      'a new treatment before a transplant',
      { newTreatment: 40, transplant: 60 },
      { time: 40, event: 'new-treatment' },
    ],
    [
      'a response on the day of a transplant',
      { response: 40, transplant: 40 },
      { time: 40, event: 'response' },
    ],
    ['none: censored at the deadline', { death: 396, contact: 396 }, { time: 395, event: null }],
    ['none: censored at the last contact', { contact: 100 }, { time: 100, event: null }],
  ])('%s', (_name, times, expected) => {
    expect(findFirstEvent({ ...NOTHING, ...times }, 395)).toEqual(expected);
  });

  test('every treated subject has one first event, also by group', () => {
    const { of, counts, byPreviousAgent, bySeverity } = buildResponseIncidence(SMALL_STUDY, STUDY_PROTOCOL);
    expect([of, counts.response, counts.death]).toEqual([6, 2, 1]);
    expect(byPreviousAgent.yes.of + byPreviousAgent.no.of).toBe(of);
    expect(Object.values(bySeverity).reduce((sum, group) => sum + group.of, 0)).toBe(of);
  });

  test('a death competes: the incidence is not one minus Kaplan-Meier', () => {
    // Of two subjects one dies on day 20 and one responds on day 91: incidence 1/2, and not 1.
    const dead = deriveCase('D', { counts: [], death: 20 });
    const responder = deriveCase('R', {
      counts: [
        [91, RESPONSE],
        [183, RESPONSE],
        [365, RESPONSE],
      ],
    });
    const { months } = buildResponseIncidence([dead, responder], STUDY_PROTOCOL);
    expect(months['6']?.incidence).toBe(0.5);
  });
});

describe('landmarks', () => {
  const { landmarks } = buildLandmarkTables(SMALL_STUDY, STUDY_PROTOCOL);

  test('whoever died or was censored before is left out, and counted', () => {
    const lost = deriveCase('X', { today: 500, counts: [[30, FAILURE]] });
    const table = buildLandmarkTables([...SMALL_STUDY, lost], STUDY_PROTOCOL).landmarks['6'];
    expect(table?.counts.diedBefore).toBe(1);
    expect((table?.of ?? 0) + (table?.counts.diedBefore ?? 0) + (table?.counts.censoredBefore ?? 0)).toBe(7);
    expect(table?.counts.censoredBefore).toBe((landmarks['6']?.counts.censoredBefore ?? 0) + 1);
  });

  test('a response that is confirmed after the landmark does not make a responder', () => {
    // R2 is confirmed on day 91, before month 3 (91.3 days); R1 on day 183, after month 6 (182.6 days).
    expect([landmarks['3']?.responders.of, landmarks['6']?.responders.of]).toEqual([1, 1]);
  });
});
