/**
 * Writes every export of the small study into a folder: `node test/golden/write-golden-exports.ts FOLDER [SEED]`. The seed shuffles the
 * order in which the hospitals' resources arrive. `npm run golden` regenerates test/golden/exports with it; CI only compares.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createRandom } from '../../demo/cohort/seeded-random.ts';
import { EXPORT_FORMATS } from '../../src/exports/formats.ts';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createSeal } from '../../src/intake/seal.ts';
import { type Library, readLibrary } from '../../src/library.ts';
import { createAcceptInteractions } from '../../src/pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from '../../src/pipeline/receive/enrol-from-file.ts';
import { formatPseudonymKeyName } from '../../src/service/exports/pseudonym-key.ts';
import type { LibrarySnapshot } from '../../src/service/library-snapshot.ts';
import { createStudyExports } from '../../src/service/study-exports.ts';
import { findStudyRules } from '../../src/service/study-rules.ts';
import { TRUST_WITHOUT_PEOPLE } from '../../src/signatures/check-decision.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { COMPLETE_REGISTRY } from '../exports/registry-results/complete-registry.ts';
import { withFolder } from '../support/with-folder.ts';
import type { GoldenResource } from './golden-resources.ts';
import { GOLDEN_SITES, GOLDEN_WITHDRAWAL } from './golden-study.ts';

const STUDY = 'msc-aa';
const NOW = new Date('2022-04-15T12:00:00Z');
const MAPPINGS_FOLDER = join(import.meta.dirname, '../../mappings');

/** The bundled library with the small study's sites and a complete registry record; all versions are fixed. */
function readGoldenLibrary(): Library {
  const library = readLibrary({ mappingsDir: MAPPINGS_FOLDER, studiesDir: join(MAPPINGS_FOLDER, 'studies') });
  const { events } = COMPLETE_REGISTRY.results;
  const organSystems = {
    Headache: 'Nervous system disorders',
    Fever: 'General disorders',
    Sepsis: 'Infections and infestations',
  };
  const regions = { CHN: 'China', USA: 'United States' };
  const results = { ...COMPLETE_REGISTRY.results, regions, events: { ...events, organSystems } };
  return {
    ...library,
    registries: new Map([[STUDY, { ...COMPLETE_REGISTRY, results }]]),
    countries: new Map(GOLDEN_SITES.map(({ site, country }) => [site, country])),
    digests: { mappings: 'golden', rules: 'golden' },
  };
}

function createGoldenLibrary(store: Store): LibrarySnapshot {
  const library = readGoldenLibrary();
  const timeZone = (id: string) => GOLDEN_SITES.find(({ site }) => site === id)?.timeZone ?? 'UTC';
  const now = () => NOW;
  return {
    library,
    pipeline: {
      store,
      seal: createSeal(new Uint8Array(32)),
      studies: [STUDY],
      sealDays: null,
      getSiteContext: (site) => ({
        site,
        timeZone: timeZone(site),
        ehrBase: null,
        mayUseSubjectNumber: () => true,
        map: library.mapper.map,
        listVisits: (study) => library.protocols.get(study)?.visits.map(({ id }) => id) ?? null,
      }),
      validate: library.validate,
      now,
    },
    assessment: {
      softwareVersion: 'golden',
      trust: TRUST_WITHOUT_PEOPLE,
      onAssessmentFailed(_who, cause) {
        throw cause;
      },
      getTimeZone: timeZone,
      now,
      getStudyRules: (study) => findStudyRules(library, study),
    },
  };
}

/** The resource as its JSON would be read: `rawValue` is a number with just those digits. */
function parseGoldenResource(sent: GoldenResource): Resource {
  const text = JSON.stringify(sent).replace(/"rawValue":"([^"]*)"/g, '"value":$1');
  return parseJson(text) as Resource;
}

async function ingestGoldenStudy({ pipeline }: LibrarySnapshot, seed: number): Promise<void> {
  const enroll = createEnrolSubjects(pipeline);
  for (const { site, enrolments: enrolled } of GOLDEN_SITES) {
    const rows = enrolled.map(({ subject, patient, on }) => ({
      subject,
      site,
      patient,
      enrolledOn: on,
      consentedOn: on,
    }));
    await enroll(STUDY, rows);
  }
  const accept = createAcceptInteractions(pipeline);
  const inOrder = GOLDEN_SITES.flatMap(({ site, resources }) => resources.map((sent) => ({ site, sent })));
  const arriving = seed === 0 ? inOrder : createRandom(seed, 'arrival').shuffle(inOrder);
  const last = GOLDEN_WITHDRAWAL.resources.map((sent) => ({ site: GOLDEN_WITHDRAWAL.site, sent }));
  for (const { site, sent } of [...arriving, ...last]) {
    const { resourceType, id } = sent;
    const interaction = {
      method: 'update',
      resourceType,
      id,
      resource: parseGoldenResource(sent),
      ifNoneExist: null,
      ifMatch: null,
    };
    const [answer] = await accept(site, [{ ...interaction, method: 'update' }], 'each', 'golden');
    const isAccepted = answer && answer.status < 300 && answer.disposition !== 'held';
    if (!isAccepted) throw new Error(`${resourceType}/${id} was not accepted: ${JSON.stringify(answer)}`);
  }
}

async function writeFormat(parts: LibrarySnapshot, format: string, folder: string): Promise<void> {
  const { exportStudy } = createStudyExports(parts.pipeline.store, () => parts, 'golden');
  const files = new Map<string, Buffer[]>();
  for await (const { file, content } of await exportStudy({
    study: STUDY,
    format,
    draft: false,
    trace: false,
  }))
    files.set(file, [...(files.get(file) ?? []), Buffer.from(content)]);
  for (const [file, pieces] of files) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat(pieces));
  }
}

async function writeGoldenExports(folder: string, seed: number): Promise<void> {
  await withFolder(async (data) => {
    const store = openSqliteStore(join(data.path, 'store.db'));
    try {
      const parts = createGoldenLibrary(store);
      await ingestGoldenStudy(parts, seed);
      const pseudonymKey = 'ab'.repeat(32);
      await store.transaction((tx) => tx.sharedValues.put(formatPseudonymKeyName(STUDY), pseudonymKey));
      for (const { id } of EXPORT_FORMATS) await writeFormat(parts, id, join(folder, id));
    } finally {
      await store.close();
    }
  });
}

const [folder = '', seed = '0'] = process.argv.slice(2);
if (folder === '') throw new Error('name a folder');
rmSync(resolve(folder), { recursive: true, force: true });
await writeGoldenExports(resolve(folder), Number(seed));
