/**
 * Names under which hospitals send the trial's measurements, in the languages of its sites. They are used for suggestions
 * only: no value is ever mapped by a name.
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

/** Words that carry no information about the measurement. */
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
  let replaced = ` ${text.toLowerCase().normalize('NFKC')} `;
  for (const [name, synonyms] of Object.entries(SYNONYMS)) {
    for (const synonym of synonyms) {
      // Chinese is written without spaces between words.
      if (HAN_SCRIPT.test(synonym)) replaced = replaced.replaceAll(synonym, ` ${name} `);
      else replaced = replaced.replace(new RegExp(`(?<=[^\\p{L}\\d])${synonym}(?=[^\\p{L}\\d])`, 'gu'), name);
    }
  }
  return replaced;
}

/** The information in a name. */
export interface ParsedDisplay {
  /** Its words in lower case, with synonyms replaced by one English name. */
  readonly words: ReadonlySet<string>;
  /** The LOINC property: `NCnc`, `MCnc`, `SCnc` or `NFr`; null if the name does not state one. */
  readonly property: string | null;
  /** The counting method: `automated`, `manual` or `estimate`; null if the name does not state one. */
  readonly method: string | null;
}

function findStatedProperty(text: string): string | null {
  if (/\[(#|number)\/vol/i.test(text) || /\babs(olute)?\b|#|绝对值/i.test(text)) return 'NCnc';
  if (/\[mass\/vol/i.test(text)) return 'MCnc';
  if (/\[(moles|substance)\/vol/i.test(text)) return 'SCnc';
  return /%|\/100|percent|fraction|百分/i.test(text) ? 'NFr' : null;
}

/** Parses a code's display or a concept's text, such as `Platelets [#/volume] in Blood by Automated count`. */
export function parseDisplay(text: string): ParsedDisplay {
  const bareText = replaceSynonyms(text).replace(/\[[^\]]*\/vol[^\]]*\]/g, ' ');
  const allWords = bareText.match(/[\p{L}\d]+/gu) ?? [];
  const method = allWords.map((word) => METHOD_BY_WORD[word]).find((stated) => stated !== undefined) ?? null;
  const words = allWords.filter(
    (word) => word.length > 1 && !STOP_WORDS.has(word) && !/^\d+$/.test(word) && !(word in METHOD_BY_WORD),
  );
  return { words: new Set(words), property: findStatedProperty(text), method };
}
