import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { DefinitionResource } from '../../../profiles/build/definition-resource.ts';
import { buildFhirPackage } from '../../../profiles/build/fhir-package.ts';
import { buildPublishedCapability } from '../../../profiles/build/published-capability.ts';
import { isStructureDefinition } from '../../../profiles/build/structure-definition.ts';
import { buildValueSets, readConceptMaps } from '../../../profiles/build/value-sets.ts';
import { FAILURE_CODES } from '../../../src/errors.ts';
import { buildCodeSystemUrl, CANONICAL_BASE } from '../../../src/fhir/canonical-urls.ts';
import { OUTCOME_CODES } from '../../../src/fhir/intake-outcomes.ts';
import { INVESTIGATOR_PROFILE, WRITE_BACK_PROFILES } from '../../../src/fhir/profiles/write-back-profiles.ts';
import { SUBJECT_QUESTION_REASONS } from '../../../src/trial/questions/subject-question.ts';
import { listR4Problems, loadR4 } from '../../writeback/r4-validator.ts';
import {
  createInboundValidate,
  findPublishedDefinition,
  listRefusedElements,
  PUBLISHED_DEFINITIONS,
  readInboundRules,
} from './published-definitions.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const CONCEPT_MAPS = readConceptMaps(join(ROOT, 'mappings'));
const PROFILES = PUBLISHED_DEFINITIONS.filter(isStructureDefinition);

beforeAll(loadR4);

const listUrls = (type: string) =>
  PUBLISHED_DEFINITIONS.filter(({ resourceType }) => resourceType === type).map(({ url }) => url);

function listCodes(name: string): readonly string[] {
  const system = PUBLISHED_DEFINITIONS.find(({ url }) => url === buildCodeSystemUrl(name));
  return ((system?.concept ?? []) as { code: string }[]).map(({ code }) => code);
}

describe('the definitions', () => {
  test('are valid R4, including the maps and the examples', () => {
    const wrong = [...PUBLISHED_DEFINITIONS, ...CONCEPT_MAPS].flatMap((resource) =>
      listR4Problems(resource).map((problem) => `${resource.resourceType}/${resource.id}: ${problem}`),
    );
    expect(wrong).toEqual([]);
  });

  test('have canonicals under the one base, each once, and a snapshot', () => {
    const all = [...PUBLISHED_DEFINITIONS, ...CONCEPT_MAPS].flatMap(({ url }) =>
      url === undefined ? [] : [url],
    );
    expect(all.filter((url) => !url.startsWith(`${CANONICAL_BASE}/`))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
    expect(PROFILES.filter(({ snapshot }) => snapshot.element.length < 4)).toEqual([]);
  });

  test('have the url of every extension slice in the snapshot, where validators look for it', () => {
    const slices = PROFILES.flatMap(({ snapshot: { element } }) =>
      element
        .filter(
          ({ sliceName, type = [] }) =>
            sliceName && type.some((each) => each.code === 'Extension' && each.profile),
        )
        .map(({ id, type = [] }) => [
          element.find((each) => each.id === `${id}.url`)?.fixedUri,
          type[0]?.profile?.[0],
        ]),
    );
    expect(slices.length).toBeGreaterThan(2);
    expect(slices.filter(([url, profile]) => url === undefined || url !== profile)).toEqual([]);
  });

  test('bind to value sets that exist', () => {
    const valueSets = new Set(listUrls('ValueSet'));
    const bound = PROFILES.flatMap(({ differential }) => differential.element)
      .flatMap(({ binding }) => binding?.valueSet ?? [])
      .filter((url) => url.startsWith(CANONICAL_BASE));
    expect(bound.length).toBeGreaterThan(15);
    expect(bound.filter((url) => !valueSets.has(url))).toEqual([]);
  });

  test('have value sets of standard codes that are current with the maps', () => {
    const [profile] = PROFILES;
    const valueSets = buildValueSets(CONCEPT_MAPS, String(profile?.version));
    expect(valueSets).toHaveLength(7);
    for (const valueSet of valueSets) expect(PUBLISHED_DEFINITIONS).toContainEqual(valueSet);
  });
});

/** Finds the adapter's code systems that the files of a folder use. */
function findCodeSystems(folder: string): Set<string> {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => /\.(ts|json)$/.test(file))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'));
  return new Set(
    texts.flatMap((text) =>
      [
        ...text.matchAll(
          /fhir-trial-adapter\.example\/fhir\/CodeSystem\/([a-z-]+)|buildCodeSystemUrl\('([a-z-]+)'\)|buildCoding\('([a-z-]+)'/g,
        ),
      ].map(([, ...names]) => names.find((name) => name) ?? ''),
    ),
  );
}

describe('the code systems', () => {
  const ours = new Set(listUrls('CodeSystem'));

  test.each(['src', 'mappings'])('are defined where %s uses them', (folder) => {
    const used = [...findCodeSystems(folder)];
    expect(used.length).toBeGreaterThan(4);
    expect(used.filter((name) => !ours.has(buildCodeSystemUrl(name)))).toEqual([]);
  });

  test('contain every target code of the maps', () => {
    const files = readdirSync(join(ROOT, 'mappings'), { recursive: true, encoding: 'utf8' });
    const all = files
      .filter((file) => /(concepts|units)[/\\][^/\\]*\.json$/.test(file) && !file.endsWith('.cases.json'))
      .map(
        (file) =>
          JSON.parse(readFileSync(join(ROOT, 'mappings', file), 'utf8')) as (typeof CONCEPT_MAPS)[number],
      );
    expect(all.length).toBeGreaterThan(CONCEPT_MAPS.length);
    const targets = all.flatMap(({ group }) =>
      group.flatMap(({ target: system, element }) =>
        element.flatMap(({ target = [] }) =>
          target.flatMap(({ code }) => (code ? [`${system} ${code}`] : [])),
        ),
      ),
    );
    const unknown = targets
      .filter((each) => each.startsWith(CANONICAL_BASE))
      .filter((each) => {
        const [system = '', code = ''] = each.split(' ');
        return code !== 'other' && !listCodes(system.slice(system.lastIndexOf('/') + 1)).includes(code);
      });
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('contain every criteria set of the library', () => {
    const files = readdirSync(join(ROOT, 'mappings/criteria')).filter((file) => file.endsWith('.json'));
    const sets = files.map((file) => file.replace('.json', ''));
    expect([...listCodes('criteria-set')].sort()).toEqual(sets.sort());
  });

  test('list the outcome codes and the reasons of work items, and nothing else', () => {
    const published = listCodes('intake-outcome');
    const failures = FAILURE_CODES.map((code) => code.replace('/', '-'));
    const outcomes: readonly string[] = OUTCOME_CODES;
    const isFailure = (code: string) => failures.includes(code) || /^(?:http|intake|store)-/.test(code);
    expect(published.filter((code) => outcomes.includes(code) || !isFailure(code)).sort()).toEqual(
      [...outcomes].sort(),
    );
    const answered = failures.filter((code) => /^(?:http|fhir|intake|store)-/.test(code));
    expect(answered.filter((code) => !published.includes(code))).toEqual([]);
    // Reasons that arise from a subject's facts together are in no answer to a sender.
    const ofSubjects = listCodes('work-item-reason').filter((code) => !outcomes.includes(code));
    const reasons = SUBJECT_QUESTION_REASONS.filter((reason) => !outcomes.includes(reason));
    expect(ofSubjects.sort()).toEqual(['cannot-be-judged', ...reasons].sort());
  });
});

describe('the CapabilityStatement', () => {
  interface Offered {
    readonly type: string;
    readonly profile?: string;
    readonly supportedProfile?: readonly string[];
  }
  const statement = PUBLISHED_DEFINITIONS.find(({ resourceType }) => resourceType === 'CapabilityStatement');
  const rests = (statement?.rest ?? []) as readonly { readonly resource: readonly Offered[] }[];
  const [server, client] = rests;
  const named = (resources: readonly Offered[] = []) =>
    resources.flatMap(({ profile, supportedProfile = [] }) => [
      ...(profile ? [profile] : []),
      ...supportedProfile,
    ]);

  test('is current with the route table and the rules', () => {
    expect(statement).toEqual(buildPublishedCapability(readInboundRules(), String(statement?.version)));
  });

  test('lists every profile once: as inbound or as written back', () => {
    const all = PROFILES.filter(({ type }) => type !== 'Extension').map(({ url }) => url);
    expect([...named(server?.resource), ...named(client?.resource)].sort()).toEqual(all.sort());
    expect(named(client?.resource).sort()).toEqual(
      [...Object.values(WRITE_BACK_PROFILES), INVESTIGATOR_PROFILE].sort(),
    );
  });

  const subject = { reference: 'Patient/p1' };
  const BARE: Readonly<Record<string, object>> = {
    Observation: { status: 'final', code: { text: 'x' }, subject },
    MedicationAdministration: {
      status: 'completed',
      medicationCodeableConcept: { text: 'x' },
      subject,
      effectiveDateTime: '2026',
    },
    Procedure: { status: 'completed', code: { text: 'x' }, subject, performedString: 'then' },
  };
  const claims = (server?.resource ?? []).flatMap(({ type, supportedProfile = [] }) =>
    supportedProfile.map((url) => [url, type] as const),
  );

  test.each(claims)('inbound validation checks a resource that claims %s', (url, resourceType) => {
    const bare = { resourceType, ...BARE[resourceType] };
    expect(listRefusedElements(createInboundValidate(), bare)).toEqual([]);
    expect(listRefusedElements(createInboundValidate(), { ...bare, meta: { profile: [url] } })).not.toEqual(
      [],
    );
  });
});

describe('the package', () => {
  const files = new Map<string, DefinitionResource>([
    ['StructureDefinition-blood-count.json', findPublishedDefinition('blood-count')],
    ['Patient-example.json', { resourceType: 'Patient', id: 'example' }],
  ]);
  const entries = parseTar(gunzipSync(buildFhirPackage(files, '1.2.3', CANONICAL_BASE)));

  test('contains its manifest, an index, the definitions, and the examples in a folder of their own', () => {
    expect([...entries.keys()]).toEqual([
      'package/package.json',
      'package/.index.json',
      'package/StructureDefinition-blood-count.json',
      'package/example/.index.json',
      'package/example/Patient-example.json',
    ]);
    expect(JSON.parse(entries.get('package/package.json') ?? '')).toMatchObject({
      version: '1.2.3',
      canonical: CANONICAL_BASE,
      fhirVersions: ['4.0.1'],
    });
    expect(JSON.parse(entries.get('package/.index.json') ?? '').files).toEqual([
      expect.objectContaining({
        filename: 'StructureDefinition-blood-count.json',
        url: findPublishedDefinition('blood-count').url,
        type: 'Observation',
      }),
    ]);
  });

  test('has the same bytes for the same files', () => {
    const again = buildFhirPackage(new Map([...files].reverse()), '1.2.3', CANONICAL_BASE);
    expect(again.equals(buildFhirPackage(files, '1.2.3', CANONICAL_BASE))).toBe(true);
  });
});

/** Parses a tar archive by the name and size in each header, and checks the header's checksum. */
function parseTar(archive: Buffer): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (let at = 0; archive[at]; ) {
    const head = archive.subarray(at, at + 512);
    const field = (from: number, to: number) => head.toString('latin1', from, to).replace(/[\0 ]+$/, '');
    const size = Number.parseInt(field(124, 136), 8);
    const blank = Buffer.concat([head.subarray(0, 148), Buffer.from(' '.repeat(8)), head.subarray(156)]);
    expect(Number.parseInt(field(148, 156), 8)).toBe(blank.reduce((sum, byte) => sum + byte, 0));
    entries.set(field(0, 100), archive.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}
