import { Failure } from '../errors.ts';
import type { ExportFormat, Piece, StudyInput } from '../exports/format.ts';
import { FORMATS } from '../exports/formats.ts';
import { addressesIn, type Found, findTraces } from '../exports/trace/find.ts';
import { withSidecars } from '../exports/trace/sidecar.ts';
import { criteriaFor } from '../library.ts';
import { studyInput } from '../pipeline/study-input.ts';
import type { Store } from '../store/store.ts';
import { asking } from './asking.ts';
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
  const inputOf = async ({ study, draft }: Wanted): Promise<StudyInput> => {
    const { library, judging } = inForce();
    const protocol = protocolOf(library, study);
    const report = await asking(store, inForce).report({ study, asOf: null });
    const sets = [...criteriaFor(library, study)].map(([name, set]) => [name, set.version]);
    const versions = {
      software,
      protocol: protocol.version,
      mapping: library.digests.mappings,
      criteria: Object.fromEntries(sets),
    };
    const registry = library.registries.get(study) ?? null;
    return studyInput(store, judging, { protocol, registry, report, asOf: report.asOf, versions, draft });
  };
  return {
    formats: () => FORMATS.map(({ id, says }) => ({ id, says })),
    async export(wanted) {
      const format = formatOf(wanted.format);
      const input = await inputOf(wanted);
      if (!wanted.trace) return format.write({ ...input, untraced: true });
      return withSidecars(format.id, input, format.write(input));
    },
    async traceIn(wanted, asked) {
      const format = formatOf(wanted.format);
      return findTraces(format.write(await inputOf(wanted)), asked);
    },
    standing: (resource) => standingOf(store, resource),
    async addressesIn(wanted) {
      const format = formatOf(wanted.format);
      return addressesIn(format.write(await inputOf(wanted)));
    },
  };
}
