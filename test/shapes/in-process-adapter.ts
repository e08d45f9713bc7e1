import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import type { FhirVersion } from '../../src/fhir/fhir-version.ts';
import type { Grouping, Interaction, InteractionResult } from '../../src/fhir/interaction.ts';
import { inferInteraction } from '../../src/fhir/parse-interaction.ts';
import { planBundle } from '../../src/fhir/plan-bundle.ts';
import { isObject } from '../../src/fhir/resource.ts';
import { openService, type Service } from '../../src/service.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store, StoreTransaction, WorkItem } from '../../src/store/store.ts';
import { mergeStatements } from '../../src/trial/counts/merge-statements.ts';
import type { Fact } from '../../src/trial/facts.ts';

/** The whole adapter in one process, with access to its store. */
export interface InProcessAdapter {
  readonly service: Service;
  enrol(site: string, subject: string, patient: string): Promise<void>;
  /** Sends a resource, a Bundle, `{ "r5": … }` of one, or `{ "delete": "Observation/x" }`, as a hospital would. */
  send(site: string, sent: unknown): Promise<readonly InteractionResult[]>;
  listFacts(subject: string): Promise<readonly Fact[]>;
  listOpenWork(site: string): Promise<readonly WorkItem[]>;
  transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function buildDeletion(name: string): Interaction {
  const [resourceType = '', id = ''] = name.split('/');
  return { method: 'delete', resourceType, id, resource: null, ifNoneExist: null, ifMatch: null };
}

function planInteractions(sent: unknown, version: FhirVersion): readonly [readonly Interaction[], Grouping] {
  if (isObject(sent) && typeof sent.delete === 'string') return [[buildDeletion(sent.delete)], 'each'];
  if (!isObject(sent) || sent.resourceType !== 'Bundle') return [[inferInteraction(sent, version)], 'each'];
  const plan = planBundle(sent, version);
  if (plan.refused.length > 0) throw new Error(JSON.stringify(plan.refused));
  return [plan.planned.map(({ interaction }) => interaction), plan.grouping];
}

/** Opens the adapter on a data folder of its own, with the repository's mappings. */
export async function openInProcessAdapter(): Promise<InProcessAdapter> {
  const folder = mkdtempSync(join(tmpdir(), 'hospital-'));
  const dataDir = join(folder, 'data');
  const config = loadConfig({ data: dataDir }, {}, folder);
  const service = await openService({ ...config, logLevel: 'silent' });
  const store: Store = openSqliteStore(join(dataDir, 'store.db'));
  return {
    service,
    async enrol(site, subject, patient) {
      const row = { subject, site, patient, enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
      await service.enrol('msc-aa', [row]);
    },
    send(site, sent) {
      const [content, version] =
        isObject(sent) && 'r5' in sent ? [sent.r5, '5.0' as const] : [sent, '4.0' as const];
      return service.accept(site, ...planInteractions(content, version), 'test');
    },
    listFacts: (subject) =>
      store.transaction(async (tx) => mergeStatements(await tx.facts.listForSubject('msc-aa', subject))),
    listOpenWork: async (site) => (await service.listWorkItems('open')).filter((item) => item.site === site),
    transact: (work) => store.transaction(work),
    async close() {
      await service.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
