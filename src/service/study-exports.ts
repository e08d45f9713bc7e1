import { Failure } from '../errors.ts';
import type { ExportFormat, FileChunk } from '../exports/export-format.ts';
import { EXPORT_FORMATS } from '../exports/formats.ts';
import { findTrace, listAddresses, type TraceSearchResult } from '../exports/lineage/find-trace.ts';
import { addSidecars, parseSidecarPath } from '../exports/lineage/sidecar.ts';
import { selectCriteriaSets } from '../library.ts';
import { buildStudyInput } from '../pipeline/assess/study-input.ts';
import type { Store } from '../store/store.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import { type ResourceStatus, readResourceStatus } from './resource-status.ts';
import { createStudyQueries, toUtcDay } from './study-queries.ts';
import { requireProtocol } from './study-rules.ts';

/** Which files, of which study. */
export interface ExportRequest {
  readonly study: string;
  readonly format: string;
  readonly draft: boolean;
}

/** The study as files. */
export interface StudyExports {
  /** The formats that export knows. */
  listFormats(): readonly { readonly id: string; readonly says: string }[];
  /**
   * The pieces of an export's files, those of one file in order; where `trace` is, with the sidecars. Throws
   * `format/unknown`.
   */
  exportStudy(wanted: ExportRequest & { readonly trace: boolean }): Promise<AsyncIterable<FileChunk>>;
  /** The rows or figures at an address of the files as they would be written now, with what stands behind them. */
  findExportTraces(wanted: ExportRequest, asked: string): Promise<TraceSearchResult>;
  /** How a resource that a trace names stands in the store now; null where it is not known. */
  readResourceStatus(resource: string): Promise<ResourceStatus | null>;
  /** Every address of an export. */
  listExportAddresses(wanted: ExportRequest): Promise<AsyncIterable<string>>;
}

/** Returns the file that a path within an export's folder is the sidecar of; null where it is not a sidecar. */
export const findTracedFile = (path: string): string | null => parseSidecarPath(path);

function requireFormat(id: string): ExportFormat {
  const format = EXPORT_FORMATS.find((one) => one.id === id);
  if (format) return format;
  const known = EXPORT_FORMATS.map((one) => one.id).join(', ');
  throw new Failure('format/unknown', `There is no format ${id}.`, { fix: `Use one of ${known}.` });
}

/** Exports from the store, by the library in force. */
export function createStudyExports(
  store: Store,
  inForce: () => LibrarySnapshot,
  software: string,
): StudyExports {
  /** The export says its versions itself. */
  const reportFor = async (study: string) => {
    const { versions: _said, ...report } = await createStudyQueries(store, inForce).report({
      study,
      asOf: null,
    });
    return report;
  };
  const piecesOf = async (wanted: ExportRequest, untraced: boolean) => {
    const { study, draft } = wanted;
    const format = requireFormat(wanted.format);
    const { library, assessment: judging } = inForce();
    const protocol = requireProtocol(library, study);
    const report = format.needsReport ? await reportFor(study) : null;
    const asOf = report?.asOf ?? toUtcDay(judging.now());
    const sets = [...selectCriteriaSets(library, study)].map(([name, set]) => [name, set.version]);
    const versions = {
      software,
      protocol: protocol.version,
      criteria: Object.fromEntries(sets),
    };
    const mapping = library.digests.mappings;
    const registry = library.registries.get(study) ?? null;
    const { countries } = library;
    const rest = {
      protocol,
      registry,
      report,
      asOf,
      versions,
      mapping,
      draft,
      withoutTraces: untraced,
      countries,
    };
    const input = buildStudyInput(store, judging, rest);
    return { input, pieces: format.write(input) };
  };
  return {
    listFormats: () => EXPORT_FORMATS.map(({ id, purpose: says }) => ({ id, says })),
    async exportStudy(wanted) {
      const { input, pieces } = await piecesOf(wanted, !wanted.trace);
      return wanted.trace ? addSidecars(wanted.format, input, pieces) : pieces;
    },
    findExportTraces: async (wanted, asked) => findTrace((await piecesOf(wanted, false)).pieces, asked),
    listExportAddresses: async (wanted) => listAddresses((await piecesOf(wanted, false)).pieces),
    readResourceStatus: (resource) => readResourceStatus(store, resource),
  };
}
