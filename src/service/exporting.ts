import { Failure } from '../errors.ts';
import type { ExportFormat, Piece } from '../exports/format.ts';
import { FORMATS } from '../exports/formats.ts';
import { addressesIn, type Found, findTraces } from '../exports/trace/find.ts';
import { withSidecars } from '../exports/trace/sidecar.ts';
import { criteriaFor } from '../library.ts';
import { studyInput } from '../pipeline/study-input.ts';
import type { Store } from '../store/store.ts';
import { asking, dayOf } from './asking.ts';
import type { InForce } from './in-force.ts';
import { protocolOf } from './rules.ts';
import { type Standing, standingOf } from './standing.ts';

/** Which files, of which study. */
export interface Wanted {
  readonly study: string;
  readonly format: string;
  readonly draft: boolean;
}

/** The study as files. */
export interface Exporting {
  /** The formats that export knows. */
  formats(): readonly { readonly id: string; readonly says: string }[];
  /**
   * The pieces of an export's files, those of one file in order; where `trace` is, with the sidecars. Throws `cli/failed`
   * for a format that does not exist.
   */
  export(wanted: Wanted & { readonly trace: boolean }): Promise<AsyncIterable<Piece>>;
  /** The rows or figures at an address of the files as they would be written now, with what stands behind them. */
  traceIn(wanted: Wanted, asked: string): Promise<Found>;
  /** How a resource that a trace names stands in the store now; null where it is not known. */
  standing(resource: string): Promise<Standing | null>;
  /** Every address of an export. */
  addressesIn(wanted: Wanted): Promise<AsyncIterable<string>>;
}

function formatOf(id: string): ExportFormat {
  const format = FORMATS.find((one) => one.id === id);
  if (format) return format;
  const known = FORMATS.map((one) => one.id).join(', ');
  throw new Failure('cli/failed', `There is no format ${id}.`, { fix: `Use one of ${known}.` });
}

/** Exports from the store, by the library in force. */
export function exporting(store: Store, inForce: () => InForce, software: string): Exporting {
  /** The export says its versions itself. */
  const reportFor = async (study: string) => {
    const { versions: _said, ...report } = await asking(store, inForce).report({ study, asOf: null });
    return report;
  };
  const piecesOf = async (wanted: Wanted, untraced: boolean) => {
    const { study, draft } = wanted;
    const format = formatOf(wanted.format);
    const { library, judging } = inForce();
    const protocol = protocolOf(library, study);
    const report = format.readsReport ? await reportFor(study) : null;
    const asOf = report?.asOf ?? dayOf(judging.now());
    const sets = [...criteriaFor(library, study)].map(([name, set]) => [name, set.version]);
    const versions = {
      software,
      protocol: protocol.version,
      criteria: Object.fromEntries(sets),
    };
    const mapping = library.digests.mappings;
    const registry = library.registries.get(study) ?? null;
    const { countries } = library;
    const rest = { protocol, registry, report, asOf, versions, mapping, draft, untraced, countries };
    const input = studyInput(store, judging, rest);
    return { input, pieces: format.write(input) };
  };
  return {
    formats: () => FORMATS.map(({ id, says }) => ({ id, says })),
    async export(wanted) {
      const { input, pieces } = await piecesOf(wanted, !wanted.trace);
      return wanted.trace ? withSidecars(wanted.format, input, pieces) : pieces;
    },
    traceIn: async (wanted, asked) => findTraces((await piecesOf(wanted, false)).pieces, asked),
    addressesIn: async (wanted) => addressesIn((await piecesOf(wanted, false)).pieces),
    standing: (resource) => standingOf(store, resource),
  };
}
