import { describe, expect, test } from '@jest/globals';
import { buildStudyResults } from '../../../src/exports/registry-results/build-results.ts';
import { findInconsistencies } from '../../../src/exports/registry-results/check-results.ts';
import { deriveParticipants } from '../../../src/exports/registry-results/participant.ts';
import type {
  GroupCell,
  ReportedMeasure,
  ResultCell,
} from '../../../src/exports/registry-results/results-model.ts';
import { listCells } from '../../../src/exports/registry-results/trace-results.ts';
import { COMPLETE_REGISTRY } from './complete-registry.ts';
import { buildHarmFact, buildSixSubjectStudy, SIX_SUBJECTS } from './six-subject-study.ts';

const { results } = await buildStudyResults(buildSixSubjectStudy());

const allParticipants = await deriveParticipants(buildSixSubjectStudy());

const listSubjects = ({ from }: ResultCell, participants = allParticipants) =>
  participants
    .filter((one) => from(one) !== null)
    .map(({ subject }) => subject)
    .join(' ');
const listFirstSubjects = (cells: readonly GroupCell[], participants = allParticipants) =>
  cells.map(({ cell }) => listSubjects(cell, participants)).join('|');
const listEntries = (measure: ReportedMeasure | undefined) => measure?.rows[0]?.values[0]?.entries ?? [];
const findOutcome = (title: string) => results.outcomes.find((one) => one.title === title);

describe('participant flow', () => {
  const [main, later] = results.flow.periods;

  test('all enrolled start; who was followed to the last visit completed, each other one has a reason', () => {
    expect(listFirstSubjects(main?.started.achieved ?? [])).toBe('S1 S2 S3 S4 S5 S6');
    expect(listFirstSubjects(main?.between[0]?.achieved ?? [])).toBe('S1 S2 S3 S4 S5');
    expect(listFirstSubjects(main?.completed.achieved ?? [])).toBe('S1 S2');
    const reasons = main?.reasons.map(
      ({ type, other, affected }) => `${other ?? type}: ${listFirstSubjects(affected)}`,
    );
    expect(reasons).toEqual([
      'Death: S3',
      'Lost to Follow-up: S5',
      'Withdrawal by Subject: S4',
      'Never infused: S6',
    ]);
  });

  test('a death after the last visit is counted in the follow-up', () => {
    expect(listFirstSubjects(later?.started.achieved ?? [])).toBe('S1 S2');
    expect(listFirstSubjects(later?.completed.achieved ?? [])).toBe('S1');
    expect(later?.reasons.map(({ type, affected }) => `${type}: ${listFirstSubjects(affected)}`)).toEqual([
      'Death: S2',
    ]);
  });

  test('who is not yet due for the last visit is still in follow-up, not lost', async () => {
    const then = buildSixSubjectStudy({ asOf: '2024-06-01' });
    const early = await buildStudyResults(then);
    const participants = await deriveParticipants(then);
    const reasons = early.results.flow.periods[0]?.reasons.map(({ other, affected }) => [
      other,
      listFirstSubjects(affected, participants),
    ]);
    expect(reasons).toContainEqual(['Still in follow-up at data cut-off', 'S1 S2 S5 S6']);
  });
});

describe('baseline', () => {
  const [age, sex] = results.baseline.measures;
  const severity = results.baseline.measures.at(-1);

  test('age is mean and deviation of those with a birth date, and says who has none', () => {
    // 43, 34, 23, 24 (only the year is known: the lower of two), 40
    expect(listEntries(age).map(({ value, spread }) => [value.value, spread?.value])).toEqual([
      ['32.8', '9.1'],
    ]);
    expect(age?.analyzed[0]?.cell.value).toBe('5');
    expect(age?.population).toBe('1 participants are not analysed: no birth date was sent');
    expect(age?.description).toContain('for 1 with a partial birth date');
  });

  test('sex and severity count subjects', () => {
    expect(listEntries(sex).map(({ category, value }) => `${category}: ${listSubjects(value)}`)).toEqual([
      'Female: S1 S4',
      'Male: S2 S3 S6',
    ]);
    expect(listEntries(severity).map(({ category, value }) => `${category}: ${listSubjects(value)}`)).toEqual(
      ['Very severe: S1', 'Severe: S2 S3 S4 S5', 'Non-severe: ', 'Not assessable: S6'],
    );
    expect(severity?.studySpecific).toBe(true);
  });
});

describe('outcomes', () => {
  test('a response is a count of participants, its interval an analysis', () => {
    const response = findOutcome('Overall response');
    expect(response?.parameter).toBe('Count of Participants');
    expect(listEntries(response).map(({ value }) => listSubjects(value))).toEqual(['S1 S2']);
    const [analysis] = response?.analyses ?? [];
    expect([analysis?.value.value, analysis?.lower.value, analysis?.upper.value]).toEqual([
      '33.3',
      '4.3',
      '77.7',
    ]);
  });

  test('or one percentage with its interval, where registry.json says so', async () => {
    const registry = {
      ...COMPLETE_REGISTRY,
      results: { ...COMPLETE_REGISTRY.results, responseRate: 'percentage' },
    };
    const study = await buildStudyResults(buildSixSubjectStudy({ registry }));
    const [response] = study.results.outcomes;
    expect(response?.dispersion).toBe('95% Confidence Interval');
    expect(
      listEntries(response).map(({ value, lower, upper }) => [value.value, lower?.value, upper?.value]),
    ).toEqual([['33.3', '4.3', '77.7']]);
    expect(response?.analyses).toEqual([]);
    expect(findInconsistencies(study, buildSixSubjectStudy().report)).toEqual([]);
  });

  test('a time is the median and range of responders; where nobody responded, NA with the reason', () => {
    const [days] = listEntries(findOutcome('Days to neutrophils'));
    expect([days?.value.value, days?.lower?.value, days?.upper?.value]).toEqual(['25.5', '20', '31']);
    expect(findOutcome('Days to neutrophils')?.analyzed[0]?.cell.value).toBe('2');
    const [none] = listEntries(findOutcome('Days to platelets'));
    expect([none?.value.value, none?.comment]).toEqual(['NA', 'No participant responded in this lineage']);
  });

  test('the best response has every subject in one category', () => {
    expect(listEntries(findOutcome('Best response')).map(({ value }) => listSubjects(value))).toEqual([
      'S1',
      'S2',
      'S3 S4',
      'S5 S6',
    ]);
  });
});

describe('reported events', () => {
  const rows = (terms: typeof results.events.other) =>
    terms.map(({ term, organSystem, stats }) => {
      const [one] = stats;
      return [term, organSystem, one?.events.value, one && listSubjects(one.affected)];
    });

  test('serious ones apart; a term in other letters is the same term', () => {
    expect(rows(results.events.serious)).toEqual([
      ['Fever', 'General disorders', '1', 'S2'],
      ['Sepsis', 'General disorders', '1', 'S3'],
    ]);
    expect(rows(results.events.other)).toEqual([
      ['Fever', 'General disorders', '2', 'S1'],
      ['Rash', 'General disorders', '1', 'S5'],
    ]);
    expect(results.events.serious[0]?.notes).toBe('No organ system was assigned to this term');
  });

  test('deaths of all causes, with those at risk', () => {
    const [group] = results.events.groups;
    expect(group && [listSubjects(group.deaths), group.deathsAtRisk.value]).toEqual(['S2 S3', '6']);
    expect(group && [listSubjects(group.serious), listSubjects(group.other)]).toEqual(['S2 S3', 'S1 S5']);
  });

  test('others up to the threshold are left out, serious ones never', async () => {
    const seven = [
      'S7',
      'S8',
      'S9',
      'S10',
      'S11',
      'S12',
      'S13',
      'S14',
      'S15',
      'S16',
      'S17',
      'S18',
      'S19',
      'S20',
    ];
    const template = SIX_SUBJECTS[3];
    if (!template) throw new Error('no fourth record');
    const more = seven.map((subject) => ({
      ...template,
      subject: { ...template.subject, subject },
      facts: [],
    }));
    const events = { ...COMPLETE_REGISTRY.results.events, threshold: '5' };
    const registry = { ...COMPLETE_REGISTRY, results: { ...COMPLETE_REGISTRY.results, events } };
    const study = await buildStudyResults(buildSixSubjectStudy({ registry }, [...SIX_SUBJECTS, ...more]));
    // one of 20 is 5 %: not above it
    expect(rows(study.results.events.other)).toEqual([]);
    expect(study.results.events.groups[0]?.other.value).toBe('0');
    expect(rows(study.results.events.serious).map(([term]) => term)).toEqual(['Fever', 'Sepsis']);
  });

  test('an event that no one called serious or not stops a real export until registry.json decides', async () => {
    const [one, ...others] = SIX_SUBJECTS;
    if (!one) throw new Error('no first record');
    const records = [
      { ...one, facts: [...one.facts, buildHarmFact('S1', 'Chills', null, '2024-01-20')] },
      ...others,
    ];
    await expect(buildStudyResults(buildSixSubjectStudy({}, records))).rejects.toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining('1 events were sent without a statement of seriousness'),
    });
    const events = { ...COMPLETE_REGISTRY.results.events, unknownSeriousness: 'serious' };
    const registry = { ...COMPLETE_REGISTRY, results: { ...COMPLETE_REGISTRY.results, events } };
    const study = await buildStudyResults(buildSixSubjectStudy({ registry }, records));
    const chills = study.results.events.serious.find(({ term }) => term === 'Chills');
    expect(chills?.notes).toContain('Seriousness not stated for 1 of 1 events');
  });
});

describe('a term that is free text', () => {
  const [one, ...others] = SIX_SUBJECTS;
  const fact = {
    ...buildHarmFact('S1', 'Told by Mr Invented', false, '2024-01-20'),
    code: null,
    system: null,
  };
  const records = one ? [{ ...one, facts: [...one.facts, fact] }, ...others] : [];

  test('stops a real export until a person has given it an organ system, and is not repeated in the refusal', async () => {
    const refusal = await buildStudyResults(buildSixSubjectStudy({}, records)).catch(
      (cause: unknown) => cause,
    );
    expect(refusal).toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining('1 terms are free text that no person has read'),
    });
    expect(String(refusal)).not.toContain('Mr Invented');
  });

  test('passes once registry.json names it', async () => {
    const events = {
      ...COMPLETE_REGISTRY.results.events,
      organSystems: { 'Told by Mr Invented': 'Eye disorders' },
    };
    const registry = { ...COMPLETE_REGISTRY, results: { ...COMPLETE_REGISTRY.results, events } };
    const study = await buildStudyResults(buildSixSubjectStudy({ registry }, records));
    expect(study.results.events.other.map(({ organSystem }) => organSystem)).toContain('Eye disorders');
  });
});

describe('every figure', () => {
  const cells = listCells(results);

  test('that counts participants has exactly these participants behind it', () => {
    const counts = cells.filter(({ cell }) => cell.counts === 'participants');
    expect(counts.length).toBeGreaterThan(40);
    expect(
      counts.filter(
        ({ cell }) => cell.value !== String(new Set(listSubjects(cell).split(' ').filter(Boolean)).size),
      ),
    ).toEqual([]);
  });

  test('that is not zero or NA has subjects behind it', () => {
    const alone = cells.filter(
      ({ cell }) => cell.subjects === 0 && cell.value !== '0' && cell.value !== 'NA',
    );
    expect(alone.map(({ at }) => at)).toEqual([]);
  });

  test('of the results passes the rules of the registry', async () => {
    const input = buildSixSubjectStudy();
    expect(findInconsistencies(await buildStudyResults(input), input.report)).toEqual([]);
  });
});
