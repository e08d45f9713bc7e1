import type { Command } from 'commander';
import type { Disclosure } from '../../../service/audit/disclosures.ts';
import {
  type CommandContext,
  loadExistingStoreConfig,
  type StoreCommandOptions,
} from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { formatTable, type Io, pluralise, printJson } from '../../terminal.ts';

interface DisclosuresOptions extends StoreCommandOptions {
  readonly from: string;
  readonly to: string;
  readonly study?: string;
  readonly subject?: string;
  readonly json: boolean;
}

const SHOWN_DIGITS = 12;

function printDisclosures(io: Io, disclosures: readonly Disclosure[]): void {
  const rows = disclosures.map(({ at, kind, what, to, by, how, about, outcome, digest }) => [
    ...[at, kind, what, to ?? 'not stated', `${by} (${how})`],
    ...[about.length === 1 ? about[0] : pluralise(about.length, 'subject'), outcome],
    (digest ?? '').slice(0, SHOWN_DIGITS),
  ]);
  io.out(formatTable(['at', 'kind', 'what', 'to', 'by', 'about', 'outcome', 'digest'], rows));
}

/** Creates `disclosures`: who received what about whom. */
export function createDisclosuresCommand(context: CommandContext): Command {
  const command = createCommand(
    'disclosures',
    'who received what about whom: exports, write-backs to EHRs, reads',
    [
      'disclosures --from 2026-11-01 --to 2026-11-30',
      'disclosures --from 2026 --to 2026-12-31 --subject MSC-001',
    ],
  )
    .requiredOption('--from <day>', 'first UTC day')
    .requiredOption('--to <day>', 'last UTC day')
    .option('--study <id>', 'about subjects of this study')
    .option('--subject <number>', 'about this subject');
  return addJsonOption(addStoreOptions(command)).action(async (options: DisclosuresOptions) => {
    const { listDisclosures } = await context.loadAuditOperations();
    const { from, to, study, subject } = options;
    const filter = {
      ...{ from, to },
      ...(study === undefined ? {} : { study }),
      ...(subject === undefined ? {} : { subject }),
    };
    const found = await listDisclosures(await loadExistingStoreConfig(context, options), filter);
    if (options.json) printJson(context.io, found);
    else printDisclosures(context.io, found);
  });
}
