import type { Command } from 'commander';
import type { CriteriaSetListing } from '../../service/criteria-sets.ts';
import type { Citation, CriteriaSet, Criterion } from '../../trial/criteria/criteria-set.ts';
import { type CriterionDescription, describeCriterion } from '../../trial/criteria/describe-criterion.ts';
import type { CommandContext, StoreCommandOptions } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { formatTable, type Io, printJson } from '../terminal.ts';

interface CriteriaOptions extends StoreCommandOptions {
  readonly json: boolean;
}

const TRUST_TEXTS = {
  seen: 'seen in print',
  paraphrase: 'seen as a paraphrase',
  'own-knowledge': 'own knowledge, not seen in print',
  'own-choice': 'own choice',
} as const satisfies Record<Citation['trust'], string>;

const formatCitationWithTrust = ({ cite, trust }: Citation): string => `${cite} (${TRUST_TEXTS[trust]})`;

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
    ? `\nRelapse: ${relapse.paragraph}\n  ${formatCitationWithTrust(relapse.source)}\n${formatRule(relapse.when)}${newTreatment}`
    : '\nRelapse: no rule is stated.\n';
  const clonalText = clonalEvolution
    ? `Clonal evolution: ${clonalEvolution.paragraph}\n  ${formatCitationWithTrust(clonalEvolution.source)}\n`
    : 'Clonal evolution: no rule is stated.\n';
  return relapseText + clonalText;
}

function formatCriteriaSet({ set, own, uses }: CriteriaSetListing): string {
  const head = `${set.id} ${set.version}${own === null ? '' : ` (of study ${own})`}: ${set.title}\n`;
  const usage = `Used by ${uses.join('; ') || 'no study'}.\n`;
  const sources = set.sources.map((source) => `  ${formatCitationWithTrust(source)}\n`).join('');
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

function printCriteria(io: Io, sets: readonly CriteriaSetListing[], isInFull: boolean): void {
  if (isInFull) {
    io.out(sets.map(formatCriteriaSet).join('\n'));
    return;
  }
  const rows = sets.map(({ set, own, uses }) => [
    set.id,
    set.version,
    own ?? 'general',
    set.status,
    uses.join('; '),
    set.title,
  ]);
  io.out(formatTable(['set', 'version', 'of', 'status', 'used by', 'title'], rows));
}

const toCriteriaJson = ({ set, own, uses }: CriteriaSetListing): object => ({
  ...set,
  definitions: Object.fromEntries(set.definitions),
  own,
  uses,
});

/** Creates `criteria [SET]`: the response and severity criteria as a haematologist reads them. */
export function createCriteriaCommand(context: CommandContext): Command {
  const command = createCommand('criteria', 'print the response and severity criteria, with their sources', [
    'criteria',
    'criteria bsh-saa',
  ]).argument('[set]', 'print this set in full (default: list all sets)');
  return addJsonOption(addStoreOptions(command)).action(
    (set: string | undefined, options: CriteriaOptions) => {
      const sets = context.listCriteriaSets(
        context.loadConfig({ config: options.config, data: options.data }),
        set,
      );
      if (options.json) printJson(context.io, sets.map(toCriteriaJson));
      else printCriteria(context.io, sets, set !== undefined);
    },
  );
}
