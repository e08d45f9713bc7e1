import type { Command } from 'commander';
import type { StatedSet } from '../service/criteria-sets.ts';
import type { Citation, CriteriaSet, Expression } from '../trial/criteria/criteria-set.ts';
import { type Described, describe } from '../trial/criteria/described.ts';
import { command, withJson, withStore } from './options.ts';
import type { Session, StoreOptions } from './session.ts';
import { type Io, printJson, table } from './terminal.ts';

interface CriteriaOptions extends StoreOptions {
  readonly json: boolean;
}

const TRUST = {
  seen: 'seen in print',
  paraphrase: 'seen as a paraphrase',
  'own-knowledge': 'own knowledge, not seen in print',
  'own-choice': 'own choice',
} as const satisfies Record<Citation['trust'], string>;

const cited = ({ cite, trust }: Citation): string => `${cite} (${TRUST[trust]})`;

function tree({ says, of }: Described, depth: number): string {
  return `${'  '.repeat(depth)}${says}\n${of.map((part) => tree(part, depth + 1)).join('')}`;
}

const asked = (rule: Expression): string => tree(describe(rule), 2);

function confirmationOf(days: number | null): string {
  return days === null ? 'by one count' : `confirmed by a second count at least ${days} days apart`;
}

function laterText({ relapse, clonalEvolution }: CriteriaSet): string {
  const treated = relapse?.newTreatment ? `    and a new ${relapse.newTreatment}\n` : '';
  const lost = relapse
    ? `\nRelapse: ${relapse.paragraph}\n  ${cited(relapse.source)}\n${asked(relapse.when)}${treated}`
    : '\nRelapse: no rule is stated.\n';
  const clone = clonalEvolution
    ? `Clonal evolution: ${clonalEvolution.paragraph}\n  ${cited(clonalEvolution.source)}\n`
    : 'Clonal evolution: no rule is stated.\n';
  return lost + clone;
}

function textOf({ set, own, uses }: StatedSet): string {
  const head = `${set.id} ${set.version}${own === null ? '' : ` (of study ${own})`}: ${set.title}\n`;
  const used = `Used by ${uses.join('; ') || 'no study'}.\n`;
  const sources = set.sources.map((source) => `  ${cited(source)}\n`).join('');
  if (set.status === 'undefined') {
    const notes = set.notes.map((note) => `  ${note}\n`).join('');
    return `${head}${used}Undefined: its text is not at hand, so it gives NE always.\n${sources}${notes}`;
  }
  const definitions = [...set.definitions].map(([name, rule]) => `\nDefined: ${name}\n${asked(rule)}`);
  const classes = set.classes.map((rule) => {
    const days = rule.confirmationDays ?? set.confirmationDays;
    return `\n${rule.scope} ${rule.class}, ${confirmationOf(days)}: ${rule.paragraph}\n${asked(rule.when)}`;
  });
  const none = set.classes.length > 0 ? '\nWhere no class holds: NR; where one is open: NE.\n' : '';
  const later = set.classes.length > 0 ? laterText(set) : '';
  const notes = set.notes.map((note) => `  ${note}\n`).join('');
  const body = [...definitions, ...classes].join('') + none + later;
  return `${head}${used}Sources:\n${sources}${notes === '' ? '' : `Notes:\n${notes}`}${body}`;
}

function print(io: Io, sets: readonly StatedSet[], isOne: boolean): void {
  if (isOne) {
    io.out(sets.map(textOf).join('\n'));
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
  io.out(table(['set', 'version', 'of', 'status', 'used by', 'title'], rows));
}

const asJson = ({ set, own, uses }: StatedSet): object => ({
  ...set,
  definitions: Object.fromEntries(set.definitions),
  own,
  uses,
});

/** `criteria [SET]`: the response and severity criteria as a haematologist reads them. */
export function criteriaCommand(session: Session): Command {
  const made = command('criteria', 'print the response and severity criteria, with their sources', [
    'criteria',
    'criteria bsh-saa',
  ]).argument('[set]', 'one set, whole (default: list all)');
  return withJson(withStore(made)).action((set: string | undefined, options: CriteriaOptions) => {
    const sets = session.criteria(session.load({ config: options.config, data: options.data }), set);
    if (options.json) printJson(session.io, sets.map(asJson));
    else print(session.io, sets, set !== undefined);
  });
}
