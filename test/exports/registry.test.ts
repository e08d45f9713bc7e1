import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseRegistry } from '../../src/exports/registry-json.ts';

const REGISTRY_FILE = join(import.meta.dirname, '../../mappings/studies/msc-aa/registry.json');

describe('registry.json', () => {
  test('of the bundled study is valid, keeps the claimed number apart, and is confirmed by nobody', () => {
    const registry = parseRegistry(JSON.parse(readFileSync(REGISTRY_FILE, 'utf8')), 'msc-aa');
    expect(registry.claims?.map(({ id }) => id)).toEqual(['NCT00195624']);
    expect(registry.confirmed).toBeUndefined();
    expect(registry.identity).toBeUndefined();
  });

  test('that is absent is an empty one', () => {
    expect(parseRegistry(null, 'msc-aa')).toEqual({ study: 'msc-aa' });
  });

  test('names every place that is wrong', () => {
    const wrong = {
      study: 'msc-aa',
      sponser: 'x',
      start: { date: '2024-13' },
      eligibility: { minimumAge: '18' },
      results: { events: { threshold: '6', organSystems: { Fever: 'Feverish disorders' } } },
    };
    let message = '';
    try {
      parseRegistry(wrong, 'msc-aa');
    } catch (cause) {
      message = (cause as Error).message;
    }
    for (const at of [
      '/start/date',
      '/eligibility/minimumAge',
      '/results/events/threshold',
      '/results/events/organSystems/Fever',
    ])
      expect(message).toContain(`${at}: `);
    expect(message).toContain('sponser');
  });
});
