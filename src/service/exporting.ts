import { Failure } from '../errors.ts';
import type { Piece } from '../exports/format.ts';
import { FORMATS } from '../exports/formats.ts';
import { criteriaFor } from '../library.ts';
import { studyInput } from '../pipeline/study-input.ts';
import type { Store } from '../store/store.ts';
import { asking, dayOf } from './asking.ts';
import type { InForce } from './in-force.ts';
import { protocolOf } from './rules.ts';

/** The study as files. */
export interface Exporting {
  /** The formats that export knows. */
  formats(): readonly { readonly id: string; readonly says: string }[];
  /** The pieces of an export's files, in order. Throws `cli/failed` for a format that does not exist. */
  export(study: string, format: string, draft: boolean): Promise<AsyncIterable<Piece>>;
}

/** Exports from the store, by the library in force. */
export function exporting(store: Store, inForce: () => InForce, software: string): Exporting {
  return {
    formats: () => FORMATS.map(({ id, says }) => ({ id, says })),
    async export(study, id, draft) {
      const format = FORMATS.find((one) => one.id === id);
      if (!format) {
        const known = FORMATS.map((one) => one.id).join(', ');
        throw new Failure('cli/failed', `There is no format ${id}.`, { fix: `Use one of ${known}.` });
      }
      const { library, judging } = inForce();
      const protocol = protocolOf(library, study);
      const report = format.readsReport ? await asking(store, inForce).report({ study, asOf: null }) : null;
      const asOf = report?.asOf ?? dayOf(judging.now());
      const sets = [...criteriaFor(library, study)].map(([name, set]) => [name, set.version]);
      const criteria = Object.fromEntries(sets);
      const versions = { software, protocol: protocol.version, criteria };
      const registry = library.registries.get(study) ?? null;
      const { countries } = library;
      const input = { protocol, registry, report, asOf, versions, draft, countries };
      return format.write(studyInput(store, judging, input));
    },
  };
}
