import type { Cut, Expression } from './criteria-set.ts';
import { componentName, nameOf, unitOf } from './words.ts';

/** A criterion in words, with its parts below it: what `evaluate` would ask, before there is anybody to ask it of. */
export interface Described {
  readonly says: string;
  readonly of: readonly Described[];
}

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

const plain = (says: string): Described => ({ says, of: [] });

function cutWords(cut: Cut): string {
  if (cut.kind === 'one') return cut.value;
  return Object.entries(cut.values)
    .map(([method, value]) => `${value} (${method})`)
    .join(' or ');
}

function countWords({ analyte, op, cut }: Of<'count'>): string {
  return `${nameOf(analyte)} ${op} ${cutWords(cut)} ${unitOf(analyte)}`;
}

function changeWords({ analyte, op, by, value }: Of<'change'>): string {
  if (by === 'factor') return `${nameOf(analyte)} ${op} ${value} × baseline`;
  const more = value === '0' ? '' : ` + ${value} ${unitOf(analyte)}`;
  return `${nameOf(analyte)} ${op} baseline${more}`;
}

function normalWords({ rows }: Of<'normal-hemoglobin'>): Described {
  const of = rows.map(({ sex, fromAge, value }) =>
    plain(`${sex}, from ${fromAge} years: >= ${value} ${unitOf('hemoglobin')}`),
  );
  return { says: 'haemoglobin normal for age and sex', of };
}

function independenceWords({ components, days, afterStart }: Of<'transfusion-independent'>): string {
  const products = components.map(componentName).join(' or ');
  const within = days === null ? 'the days that the protocol says' : `${days} days`;
  return `no ${products} transfusion in ${within}${afterStart ? ', all after the first infusion' : ''}`;
}

function fewerWords({ units, component, days }: Of<'fewer-units'>): string {
  return `at least ${units} ${componentName(component)} units fewer in ${days} days than before the first infusion`;
}

const JOINED = {
  all: 'all of',
  any: 'any one of',
  not: 'that not',
  'at-baseline': 'before the first infusion',
};

function wordsOf(rule: Expression): Described {
  switch (rule.kind) {
    case 'count':
      return plain(countWords(rule));
    case 'change':
      return plain(changeWords(rule));
    case 'normal-hemoglobin':
      return normalWords(rule);
    case 'transfusion-independent':
      return plain(independenceWords(rule));
    case 'fewer-units':
      return plain(fewerWords(rule));
    case 'ref':
      return plain(`as defined: ${rule.set === null ? rule.name : `${rule.set}#${rule.name}`}`);
    case 'at-least':
      return { says: `at least ${rule.least} of ${rule.of.length}`, of: rule.of.map(describe) };
    default:
      return { says: JOINED[rule.kind], of: rule.of.map(describe) };
  }
}

/** A criterion as a haematologist reads it: its operators and cuts as they are, its own words where it has any. */
export function describe(rule: Expression): Described {
  const made = wordsOf(rule);
  if (rule.says === null) return made;
  return made.of.length > 0
    ? { says: `${rule.says}: ${made.says}`, of: made.of }
    : { says: rule.says, of: [made] };
}
