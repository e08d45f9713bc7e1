import { Command } from 'commander';
import type { CriteriaSetListing } from '../../service/criteria-sets.ts';
import type { CriteriaSet, Criterion } from '../../trial/criteria/criteria-set.ts';
import { type CriterionDescription, describeCriterion } from '../../trial/criteria/describe-criterion.ts';
import { formatCitation } from '../../trial/criteria/format-citation.ts';
import { type CriteriaSignOff, formatSignOff } from '../../trial/criteria/sign-off.ts';
import {
  type CommandContext,
  hasStore,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import {
  addDecisionOptions,
  addJsonOption,
  addStoreOptions,
  createCommand,
  SHOWN_DIGITS,
} from '../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../decider.ts';
import { formatTable, type Io, printJson } from '../terminal.ts';

interface CriteriaOptions extends StoreCommandOptions {
  readonly json: boolean;
}

const capitalise = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

function formatCriterionTree({ says, of }: CriterionDescription, depth: number): string {
  return `${'  '.repeat(depth)}${says}\n${of.map((part) => formatCriterionTree(part, depth + 1)).join('')}`;
}

const formatRule = (rule: Criterion): string => formatCriterionTree(describeCriterion(rule), 2);

function formatConfirmationRule(days: number | null): string {
  return days === null ? 'by a single count' : `confirmed by a second count at least ${days} days apart`;
}

function formatLaterEventRules({ relapse, clonalEvolution }: CriteriaSet): string {
  const newTreatment = relapse?.newTreatment ? `    and a new ${relapse.newTreatment}\n` : '';
  const relapseText = relapse
    ? `\nRelapse: ${relapse.paragraph}\n  ${formatCitation(relapse.source)}\n${formatRule(relapse.when)}${newTreatment}`
    : '\nRelapse: no rule is stated.\n';
  const clonalText = clonalEvolution
    ? `Clonal evolution: ${clonalEvolution.paragraph}\n  ${formatCitation(clonalEvolution.source)}\n`
    : 'Clonal evolution: no rule is stated.\n';
  return relapseText + clonalText;
}

/** A set with its sign-off in the store; null where it has none, or there is no store. */
type SignedListing = CriteriaSetListing & { readonly signedOff: CriteriaSignOff | null };

function formatCriteriaSet({ set, own, uses, signedOff, hash }: SignedListing): string {
  const head = `${set.id} ${set.version}${own === null ? '' : ` (of study ${own})`}: ${set.title}\n`;
  const usage = `Used by ${uses.join('; ') || 'no study'}.\n${capitalise(formatSignOff(signedOff))}.\nHash ${hash.slice(0, SHOWN_DIGITS)}.\n`;
  const sources = set.sources.map((source) => `  ${formatCitation(source)}\n`).join('');
  if (set.status === 'undefined') {
    const notes = set.notes.map((note) => `  ${note}\n`).join('');
    return `${head}${usage}Undefined: its text is not available, so every class is NE.\n${sources}${notes}`;
  }
  const definitions = [...set.definitions].map(([name, rule]) => `\nDefined: ${name}\n${formatRule(rule)}`);
  const classes = set.classes.map((rule) => {
    const days = rule.confirmationDays ?? set.confirmationDays;
    return `\n${rule.scope} ${rule.class}, ${formatConfirmationRule(days)}: ${rule.paragraph}\n${formatRule(rule.when)}`;
  });
  const fallback =
    set.classes.length > 0 ? '\nIf no class is met: NR; if one cannot be determined: NE.\n' : '';
  const laterEvents = set.classes.length > 0 ? formatLaterEventRules(set) : '';
  const notes = set.notes.map((note) => `  ${note}\n`).join('');
  const body = [...definitions, ...classes].join('') + fallback + laterEvents;
  return `${head}${usage}Sources:\n${sources}${notes === '' ? '' : `Notes:\n${notes}`}${body}`;
}

function printCriteria(io: Io, sets: readonly SignedListing[], isInFull: boolean): void {
  if (isInFull) {
    io.out(sets.map(formatCriteriaSet).join('\n'));
    return;
  }
  const rows = sets.map(({ set, own, uses, signedOff }) => [
    set.id,
    set.version,
    own ?? 'general',
    set.status,
    formatSignOff(signedOff),
    uses.join('; '),
    set.title,
  ]);
  io.out(formatTable(['set', 'version', 'of', 'status', 'signed off', 'used by', 'title'], rows));
}

const toCriteriaJson = ({ set, own, uses, signedOff, hash }: SignedListing): object => ({
  ...set,
  hash,
  definitions: Object.fromEntries(set.definitions),
  own,
  uses,
  signedOff,
});

/** Adds the sign-offs of the store, if there is one: the criteria can be read without. */
async function addSignOffs(
  context: CommandContext,
  options: CriteriaOptions,
  sets: readonly CriteriaSetListing[],
): Promise<readonly SignedListing[]> {
  const signed = (await hasStore(context, options))
    ? await withExistingStore(context, options, (service) => service.listCriteriaSignOffs())
    : [];
  return sets.map((listing) => ({
    ...listing,
    signedOff: signed.find(({ id, own }) => id === listing.set.id && own === listing.own)?.signedOff ?? null,
  }));
}

async function printCriteriaSets(
  context: CommandContext,
  set: string | undefined,
  options: CriteriaOptions,
): Promise<void> {
  const config = await context.loadConfig({ config: options.config, data: options.data });
  const sets = await addSignOffs(context, options, await context.listCriteriaSets(config, set));
  if (options.json) printJson(context.io, sets.map(toCriteriaJson));
  else printCriteria(context.io, sets, set !== undefined);
}

interface SignOptions extends CriteriaOptions, DecisionOptions {
  readonly study?: string;
}

async function recordSignOff(context: CommandContext, set: string, options: SignOptions): Promise<void> {
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    const signed = await service.signCriteriaSet({ set, study: options.study ?? null }, decider);
    if (options.json) printJson(context.io, signed);
    else context.io.out(`${signed.id} ${signed.version}: ${formatSignOff(signed.signedOff)}\n`);
  });
}

function createSignCommand(context: CommandContext): Command {
  const command = createCommand(
    'sign',
    'sign off a set in its present version and content; another version or content is not signed off',
    ['criteria sign bsh-saa --shown 3f2a90c1 --why "compared with the guideline"'],
  )
    .argument('<set>', 'criteria set')
    .option('--study <id>', 'study with the set in its folder (default: the general set)');
  return addJsonOption(addStoreOptions(addDecisionOptions(command))).action(
    (set: string, options: SignOptions) => recordSignOff(context, set, options),
  );
}

/** Creates `criteria [SET]`: the response and severity criteria as a haematologist reads them; `criteria sign SET` signs one off. */
export function createCriteriaCommand(context: CommandContext): Command {
  const printing = createCommand('print', 'print the response and severity criteria, with their sources', [
    'criteria',
    'criteria bsh-saa',
  ]).argument('[set]', 'print this set in full (default: list all sets)');
  addJsonOption(addStoreOptions(printing)).action((set: string | undefined, options: CriteriaOptions) =>
    printCriteriaSets(context, set, options),
  );
  return new Command('criteria')
    .usage('[set] [options] | sign <set>')
    .description('print the response and severity criteria, with their sources; sign off a set')
    .addCommand(printing, { isDefault: true })
    .addCommand(createSignCommand(context))
    .addHelpText('after', '\nExample:\n  $ trial-adapter criteria bsh-saa');
}
