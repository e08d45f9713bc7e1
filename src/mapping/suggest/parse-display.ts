/**
 * Names under which hospitals send what the trial measures, in the languages of its sites. They serve suggestions only:
 * no value is ever mapped by a name.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  platelets: ['plt', 'plts', 'platelet', 'thrombocytes', 'thrombocyte', 'thrombozyten', '血小板'],
  leukocytes: [
    'wbc',
    'wbcs',
    'leucocytes',
    'leukocyte',
    'leukozyten',
    'white cells',
    'white blood cells',
    'white blood cell',
    'white cell',
    '白细胞',
  ],
  neutrophils: [
    'anc',
    'neut',
    'neuts',
    'neu',
    'neutrophil',
    'neutrophile',
    'granulocytes neutrophil',
    '中性粒细胞',
  ],
  hemoglobin: ['hb', 'hgb', 'haemoglobin', 'hämoglobin', '血红蛋白'],
  reticulocytes: ['retic', 'retics', 'ret', 'reticulocyte', 'retikulozyten', '网织红细胞'],
  weight: ['gewicht', '体重'],
};

/** Words that say nothing about what was measured. */
const STOP_WORDS = new Set([
  'in',
  'of',
  'by',
  'the',
  'blood',
  'venous',
  'serum',
  'plasma',
  'count',
  'test',
  'lab',
  'and',
  'or',
  'absolute',
  'abs',
  '计数',
  'mg',
  'ug',
  'ml',
  'injection',
  'tablet',
  'tablets',
  'capsule',
  'capsules',
]);

const METHOD_BY_WORD: Readonly<Record<string, string>> = {
  automated: 'automated',
  auto: 'automated',
  manual: 'manual',
  estimate: 'estimate',
  estimated: 'estimate',
};

const HAN_SCRIPT = /\p{Script=Han}/u;

function replaceSynonyms(text: string): string {
  let said = ` ${text.toLowerCase().normalize('NFKC')} `;
  for (const [name, others] of Object.entries(SYNONYMS)) {
    for (const other of others) {
      // Chinese is written without blanks between words.
      if (HAN_SCRIPT.test(other)) said = said.replaceAll(other, ` ${name} `);
      else said = said.replace(new RegExp(`(?<=[^\\p{L}\\d])${other}(?=[^\\p{L}\\d])`, 'gu'), name);
    }
  }
  return said;
}

/** What a name says: its words in one language, the LOINC property that it states, and how it was counted. */
export interface ParsedDisplay {
  readonly words: ReadonlySet<string>;
  /** `NCnc`, `MCnc`, `SCnc` or `NFr`; null where the name does not say. */
  readonly property: string | null;
  /** `automated`, `manual` or `estimate`; null where the name does not say. */
  readonly method: string | null;
}

function findStatedProperty(text: string): string | null {
  if (/\[(#|number)\/vol/i.test(text) || /\babs(olute)?\b|#|绝对值/i.test(text)) return 'NCnc';
  if (/\[mass\/vol/i.test(text)) return 'MCnc';
  if (/\[(moles|substance)\/vol/i.test(text)) return 'SCnc';
  return /%|\/100|percent|fraction|百分/i.test(text) ? 'NFr' : null;
}

/** Reads a code's display or a concept's text, such as `Platelets [#/volume] in Blood by Automated count`. */
export function parseDisplay(text: string): ParsedDisplay {
  const bare = replaceSynonyms(text).replace(/\[[^\]]*\/vol[^\]]*\]/g, ' ');
  const all = bare.match(/[\p{L}\d]+/gu) ?? [];
  const method = all.map((word) => METHOD_BY_WORD[word]).find((found) => found !== undefined) ?? null;
  const words = all.filter(
    (word) => word.length > 1 && !STOP_WORDS.has(word) && !/^\d+$/.test(word) && !(word in METHOD_BY_WORD),
  );
  return { words: new Set(words), property: findStatedProperty(text), method };
}
