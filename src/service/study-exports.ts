import { Failure } from '../errors.ts';
import type { ExportFormat, FileChunk, StudyInput } from '../exports/export-format.ts';
import { EXPORT_FORMATS } from '../exports/formats.ts';
import { findTrace, listAddresses, type TraceSearchResult } from '../exports/lineage/find-trace.ts';
import { addSidecars } from '../exports/lineage/sidecar.ts';
import { createPseudonyms } from '../exports/pseudonyms.ts';
import { selectCriteriaSets } from '../library.ts';
import { buildStudyInput } from '../pipeline/assess/study-input.ts';
import type { Store } from '../store/store.ts';
import { recordExport } from './audit/record-export.ts';
import { ensurePseudonymKey } from './exports/pseudonym-key.ts';
import { createTextGate, type TextGate } from './exports/released-texts.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import type { ResourceStatus } from './resource-status.ts';
import { createStudyQueries, readSignedSetsOfStudy, toUtcDay } from './study-queries.ts';
import { requireProtocol } from './study-rules.ts';

/** The study and the format of an export. */
export interface ExportRequest {
  readonly study: string;
  readonly format: string;
  readonly draft: boolean;
  /** Who receives it, as the exporter states; for the audit trail. */
  readonly recipient?: string | undefined;
}

/** Exports of a study, as files. */
export interface StudyExports {
  /** Lists the formats of exports with their purpose (printed as `says`). */
  listFormats(): Promise<readonly { readonly id: string; readonly says: string }[]>;
  /**
   * Exports the study as chunks of files, those of one file in order; with `trace` also the sidecars. The export has an entry
   * in the audit trail once the chunks are taken (but for one from a replica alone). Throws
   * `study/unknown` or `format/unknown`.
   */
  exportStudy(request: ExportRequest & { readonly trace: boolean }): Promise<AsyncIterable<FileChunk>>;
  /** Finds the rows or figures at an address of the files as they would be written now, with their sources. */
  findExportTraces(request: ExportRequest, address: string): Promise<TraceSearchResult>;
  /** Returns the current state of a resource that a trace names; null where the store does not have it. */
  readResourceStatus(resource: string): Promise<ResourceStatus | null>;
  /** Lists every address of an export. */
  listExportAddresses(request: ExportRequest): Promise<AsyncIterable<string>>;
}

function requireFormat(id: string): ExportFormat {
  const format = EXPORT_FORMATS.find((candidate) => candidate.id === id);
  if (format) return format;
  const known = EXPORT_FORMATS.map((candidate) => candidate.id).join(', ');
  throw new Failure('format/unknown', `There is no format ${id}.`, { fix: `Use one of ${known}.` });
}

interface PreparedExport {
  readonly input: StudyInput;
  readonly chunks: AsyncIterable<FileChunk>;
}

/** Passes the chunks on, and lists the texts that were withheld for review, also where the export fails or is given up. */
async function* recordAfter(chunks: AsyncIterable<FileChunk>, gate: TextGate): AsyncIterable<FileChunk> {
  try {
    yield* chunks;
  } finally {
    await gate.recordWithheld();
  }
}

/** Creates the exports from the store, by the library in use. A replica alone (`isReplica`) cannot be written: it has no entry of them. */
export function createStudyExports(
  store: Store,
  getSnapshot: () => LibrarySnapshot,
  softwareVersion: string,
  isReplica = false,
): Omit<StudyExports, 'readResourceStatus'> {
  /** Builds the report without its versions, which the export states itself. */
  async function buildReport(study: string, withSensitivity: boolean, { withhold }: TextGate) {
    const {
      versions: _versions,
      criteriaSets: _signed,
      ...report
    } = await createStudyQueries(store, getSnapshot).report({
      study,
      asOf: null,
      withSensitivity,
      withhold,
    });
    return report;
  }

  async function prepareExport(request: ExportRequest, withoutTraces: boolean): Promise<PreparedExport> {
    const { study, draft } = request;
    const format = requireFormat(request.format);
    const { library, assessment } = getSnapshot();
    const protocol = requireProtocol(library, study);
    const registry = library.registries.get(study) ?? null;
    const key = await ensurePseudonymKey(store, study);
    const gate = await createTextGate(store, { study, registry, key });
    if (format.needsReleasedTerms && !draft) await gate.requireReleased();
    const withSensitivity = format.needsSensitivity === true;
    const report = format.needsReport ? await buildReport(study, withSensitivity, gate) : null;
    const criteriaSets = await store.read((tx) =>
      readSignedSetsOfStudy(tx, { library, assessment }, protocol),
    );
    const criteriaVersions = [...selectCriteriaSets(library, study)].map(([id, set]) => [id, set.version]);
    const input = buildStudyInput(store, assessment, {
      protocol,
      registry,
      report,
      withSensitivity,
      withhold: gate.withhold,
      pseudonymise: createPseudonyms(key),
      asOf: report?.asOf ?? toUtcDay(assessment.now()),
      versions: {
        software: softwareVersion,
        protocol: protocol.version,
        criteria: Object.fromEntries(criteriaVersions),
      },
      criteriaSets,
      mapping: library.digests.mappings,
      draft,
      withoutTraces,
      countries: library.countries,
    });
    return { input, chunks: recordAfter(format.write(input), gate) };
  }

  return {
    listFormats: async () => EXPORT_FORMATS.map(({ id, purpose }) => ({ id, says: purpose })),
    async exportStudy(request) {
      const { input, chunks } = await prepareExport(request, !request.trace);
      const written = request.trace ? addSidecars(request.format, input, chunks) : chunks;
      return isReplica ? written : recordExport(store, request, written);
    },
    findExportTraces: async (request, address) =>
      findTrace((await prepareExport(request, false)).chunks, address),
    listExportAddresses: async (request) => listAddresses((await prepareExport(request, false)).chunks),
  };
}
