import { createHash } from 'node:crypto';
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Config, loadConfig } from '../config.ts';
import type { Interaction } from '../fhir/interaction.ts';
import { inferInteraction } from '../fhir/parse-interaction.ts';
import { openService, type Service } from '../service.ts';
import {
  BENCH_SITE,
  BENCH_STUDY,
  type BenchSubjects,
  buildCourses,
  buildEnrolments,
} from './data/bench-subjects.ts';

/** The folder in which everything that is measured lies, on the disk whose durability counts. */
export interface Workspace {
  readonly folder: string;
  /** The options by which a command finds the configuration and this data folder. */
  listStoreOptions(data: string): readonly string[];
  /** Copies the data folder of the enrolled subjects; returns the new one. */
  copyPrepared(): string;
  /** Opens the service on a data folder in this process, without log. */
  openService(data: string): Promise<Service>;
  loadConfig(data: string): Config;
  /** Writes lines to a file; returns its path. */
  writeLines(name: string, lines: Iterable<string>): Promise<string>;
  removeData(data: string): void;
  remove(): void;
}

export const BENCH_TOKEN = 'bench-token';
const ENTRIES_TOGETHER = 100;

/** Submits interactions as NDJSON is submitted: so many together. Throws where one is refused. */
export async function submitTogether(service: Service, interactions: readonly Interaction[]): Promise<void> {
  for (let from = 0; from < interactions.length; from += ENTRIES_TOGETHER) {
    const part = interactions.slice(from, from + ENTRIES_TOGETHER);
    const results = await service.accept(BENCH_SITE, part, 'each', 'bench');
    const refused = results.find(({ status }) => status !== 201);
    if (refused) throw new Error(`A resource was not created: ${JSON.stringify(refused)}`);
  }
}

function writeConfig(folder: string): string {
  const file = join(folder, 'config.json');
  const tokenSha256 = createHash('sha256').update(BENCH_TOKEN).digest('hex');
  const site = {
    timeZone: 'Asia/Shanghai',
    clients: [{ client: 'laboratory', tokenSha256, expires: '2099-12-31' }],
  };
  writeFileSync(file, JSON.stringify({ sites: { [BENCH_SITE]: site } }));
  return file;
}

/** Enrols the subjects with their diagnosis and infusions, and assesses them. */
async function prepareStudy(workspace: Workspace, data: string, subjects: BenchSubjects): Promise<void> {
  const service = await workspace.openService(data);
  try {
    await service.enrol(BENCH_STUDY, buildEnrolments(subjects));
    await submitTogether(
      service,
      buildCourses(subjects).map((resource) => inferInteraction(resource)),
    );
    await service.assessDueSubjects();
  } finally {
    await service.close();
  }
}

/** Creates a workspace in a new folder below `parent`, with enrolled subjects. */
export async function createWorkspace(parent: string, subjects: BenchSubjects): Promise<Workspace> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(resolve(parent), 'run-'));
  const config = writeConfig(folder);
  const prepared = join(folder, 'prepared');
  let copies = 0;
  const load = (data: string) => loadConfig({ config, data }, { TRIAL_ADAPTER_LOG_LEVEL: 'silent' }, folder);
  const workspace: Workspace = {
    folder,
    listStoreOptions: (data) => ['--config', config, '--data', data],
    copyPrepared() {
      copies += 1;
      const data = join(folder, `data-${copies}`);
      cpSync(prepared, data, { recursive: true });
      return data;
    },
    openService: (data) => openService(load(data)),
    loadConfig: load,
    async writeLines(name, lines) {
      const file = join(folder, name);
      await pipeline(Readable.from(addLineFeeds(lines)), createWriteStream(file));
      return file;
    },
    removeData: (data) => rmSync(data, { recursive: true, force: true }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  try {
    await prepareStudy(workspace, prepared, subjects);
    return workspace;
  } catch (cause) {
    workspace.remove();
    throw cause;
  }
}

/** Yields the lines in pieces of some hundred kilobytes. */
function* addLineFeeds(lines: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  for (const line of lines) {
    piece.push(line, '\n');
    if (piece.length < 512) continue;
    yield piece.join('');
    piece = [];
  }
  yield piece.join('');
}
