import { join } from 'node:path';
import { createSeal } from '../../../src/intake/seal.ts';
import { type Library, readLibrary } from '../../../src/library.ts';
import type { PipelineDependencies } from '../../../src/pipeline/dependencies.ts';
import { createAcceptInteractions } from '../../../src/pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from '../../../src/pipeline/receive/enrol-from-file.ts';
import type { Store, StoreTransaction } from '../../../src/store/store.ts';

const MAPPINGS_FOLDER = join(import.meta.dirname, '../../../mappings');

export const METERED_SITE = 's';

/** What some work has cost, counted: none of it depends on how busy the machine is, except the CPU time. */
export interface Cost {
  /** Calls of the store, and the rows that they returned. */
  readonly reads: number;
  /** Characters of stored content that the store handed out, each of which is parsed. */
  readonly content: number;
  /** For the reader of a report only. */
  readonly cpuMs: number;
}

interface StoreCounts {
  reads: number;
  content: number;
}

function countResult(counts: StoreCounts, result: unknown): void {
  const rows = Array.isArray(result) ? result : [result];
  counts.reads += 1 + rows.length;
  for (const row of rows) {
    const { body } = (typeof row === 'object' && row !== null ? row : {}) as { readonly body?: unknown };
    if (typeof body === 'string') counts.content += body.length;
  }
}

/** Wraps each part of an open transaction, so that its calls and the rows that they return are counted. */
function countCalls(tx: StoreTransaction, counts: StoreCounts): StoreTransaction {
  const wrapPart = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return async (...given: unknown[]) => {
          const result: unknown = await member.apply(target, given);
          countResult(counts, result);
          return result;
        };
      },
    });
  return Object.fromEntries(
    Object.entries(tx).map(([name, part]) => [name, wrapPart(part as object)]),
  ) as unknown as StoreTransaction;
}

/** A pipeline over a real store, whose work is counted. */
export interface GrowthMeter {
  readonly accept: ReturnType<typeof createAcceptInteractions>;
  readonly enrol: ReturnType<typeof createEnrolSubjects>;
  readonly dependencies: PipelineDependencies;
  /** Runs the work and counts what it costs. */
  measure(work: () => Promise<unknown>): Promise<Cost>;
}

let library: Library | null = null;

/** Opens the pipeline of one site, with the bundled mappings. */
export function createGrowthMeter(store: Store, elapsed = () => 0): GrowthMeter {
  library ??= readLibrary({ mappingsDir: MAPPINGS_FOLDER, studiesDir: join(MAPPINGS_FOLDER, 'studies') });
  const { mapper, protocols, validate } = library;
  const counts: StoreCounts = { reads: 0, content: 0 };
  const dependencies: PipelineDependencies = {
    store: {
      ...store,
      transaction: (work, scope) => store.transaction((tx) => work(countCalls(tx, counts)), scope),
      read: (work) => store.read((tx) => work(countCalls(tx, counts))),
    },
    seal: createSeal(new Uint8Array(32)),
    studies: ['msc-aa'],
    sealDays: 45,
    getSiteContext: (site) => ({
      site,
      timeZone: 'Asia/Shanghai',
      ehrBase: null,
      mayUseSubjectNumber: () => true,
      map: mapper.map,
      listVisits: (study) => protocols.get(study)?.visits.map(({ id }) => id) ?? null,
    }),
    validate,
    // By default no turn ends by the clock, so that what is counted does not depend on the machine.
    elapsed,
    now: () => new Date('2026-06-01T12:00:00Z'),
  };
  return {
    accept: createAcceptInteractions(dependencies),
    enrol: createEnrolSubjects(dependencies),
    dependencies,
    async measure(work) {
      const before = { ...counts };
      const cpu = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(cpu);
      const { reads, content } = counts;
      return {
        reads: reads - before.reads,
        content: content - before.content,
        cpuMs: Math.round((user + system) / 1000),
      };
    },
  };
}
