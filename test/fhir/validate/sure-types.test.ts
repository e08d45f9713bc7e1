import { expect, test } from '@jest/globals';
import { createRandom, type Random } from '../../../demo/cohort/seeded-random.ts';
import { type FhirVersion, R5_TYPES } from '../../../src/fhir/fhir-version.ts';
import { createProfileChecker } from '../../../src/fhir/profiles/check-profiles.ts';
import { createSureProfileTest } from '../../../src/fhir/profiles/sure-profiles.ts';
import { isSurelyValid } from '../../../src/fhir/validate/sure-types.ts';
import { FULLY_CHECKED_TYPES } from '../../../src/fhir/validate/type-shapes.ts';
import { validateResource } from '../../../src/fhir/validate-resource.ts';
import { readInboundRules } from '../profiles/published-definitions.ts';
import { type GeneratedObject, generateResource } from './generate-resource.ts';
import { mutateResource } from './mutate-resource.ts';

/**
 * Compiled tests recognise valid resources; what they are not sure of is checked rule by rule. Nothing that they accept
 * may be invalid by the rules, and few valid resources may need the rules.
 */

const RUNS = Number(process.env.VALIDATION_RUNS ?? 2_500);
const SEED = Number(process.env.VALIDATION_SEED ?? 20261128);

const KINDS: readonly (readonly [type: string, version: FhirVersion])[] = [
  ...[...FULLY_CHECKED_TYPES, 'Specimen', 'Bundle'].map((type): [string, FhirVersion] => [type, '4.0']),
  ...R5_TYPES.map((type): [string, FhirVersion] => [type, '5.0']),
];

const rules = readInboundRules();
const listProfileIssues = createProfileChecker(rules);
const meetsProfilesSurely = createSureProfileTest(rules);

interface Verdicts {
  readonly tree: GeneratedObject;
  readonly isSure: boolean;
  readonly issues: readonly unknown[];
}

function compareTypes(tree: GeneratedObject, version: FhirVersion): Verdicts {
  const result = validateResource(tree, version);
  return { tree, isSure: isSurelyValid(tree, version), issues: 'issues' in result ? result.issues : [] };
}

function draw(use: (random: Random, type: string, version: FhirVersion) => Verdicts): readonly Verdicts[] {
  const random = createRandom(SEED, 'validation');
  return Array.from({ length: RUNS }, (_, run) => {
    const [type, version] = KINDS[run % KINDS.length] ?? ['Patient', '4.0'];
    return use(random, type, version);
  });
}

const findWronglySure = (verdicts: readonly Verdicts[]) =>
  verdicts.filter(({ isSure, issues }) => isSure && issues.length > 0);
const countShare = (verdicts: readonly Verdicts[], test: (verdicts: Verdicts) => boolean): number =>
  verdicts.filter(test).length / verdicts.length;

test('valid resources of every type are recognised, unless a primitive has extensions', () => {
  const verdicts = draw((random, type, version) =>
    compareTypes(generateResource(random, type, version), version),
  );
  expect(verdicts.filter(({ issues }) => issues.length > 0)).toEqual([]);
  const hasSibling = ({ tree }: Verdicts) => JSON.stringify(tree).includes('"_');
  expect(verdicts.filter((verdict) => !verdict.isSure && !hasSibling(verdict))).toEqual([]);
  expect(countShare(verdicts, hasSibling)).toBeLessThan(0.5);
});

test('nothing that is surely valid is invalid', () => {
  const verdicts = draw((random, type, version) =>
    compareTypes(mutateResource(random, generateResource(random, type, version)), version),
  );
  expect(findWronglySure(verdicts)).toEqual([]);
  expect(countShare(verdicts, ({ issues }) => issues.length > 0)).toBeGreaterThan(0.5);
  expect(countShare(verdicts, ({ isSure }) => isSure)).toBeGreaterThan(0.05);
});

/** Subjects of every kind of reference, of types that profiles allow and of others. */
const SUBJECTS: readonly [GeneratedObject, ...GeneratedObject[]] = [
  { reference: 'Patient/p1' },
  { reference: 'https://a.example/fhir/Practitioner/x/_history/1' },
  { reference: 'urn:uuid:5a0b1c2d-0000-4000-8000-000000000000', type: 'Device' },
  { reference: '#c1' },
  { identifier: { value: '1' } },
  { identifier: { system: 'urn:x' }, type: 'Group' },
  { display: 'somebody' },
];

const CLAIMS: readonly [string, ...string[]] = ['http://a.example/own', ...Object.keys(rules.profiles)];

function generateForProfiles(random: Random, type: string): GeneratedObject {
  const valid = generateResource(random, type, '4.0');
  const subject = type === 'ResearchSubject' ? 'individual' : 'subject';
  if (subject in valid) valid[subject] = random.pick(SUBJECTS);
  if (random.chance(0.3)) valid.meta = { profile: [`${random.pick(CLAIMS)}|1.0`, random.pick(CLAIMS)] };
  return random.chance(0.5) ? valid : mutateResource(random, valid);
}

test('nothing that surely meets its profiles breaks one of them', () => {
  const verdicts = draw((random, type) => {
    const tree = generateForProfiles(random, type);
    // Profiles are asked for valid resources only.
    const result = validateResource(tree);
    if ('issues' in result) return { tree, isSure: false, issues: [] };
    const { resource } = result;
    return { tree, isSure: meetsProfilesSurely(resource), issues: listProfileIssues(resource) };
  });
  expect(findWronglySure(verdicts)).toEqual([]);
  expect(countShare(verdicts, ({ issues }) => issues.length > 0)).toBeGreaterThan(0.05);
  expect(countShare(verdicts, ({ isSure }) => isSure)).toBeGreaterThan(0.2);
});
