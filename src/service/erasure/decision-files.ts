import { parseJson, stringifyJson } from '../../fhir/lossless-json.ts';
import { isObject } from '../../fhir/resource.ts';
import {
  convertDecisionHistories,
  type DecisionFiles,
  readDecisionFiles,
  replaceDecisionFiles,
} from '../../library/decision-files.ts';
import { hasNeedle } from './naming-work-items.ts';

/** What is erased from the files of decisions. */
export interface ErasedTexts {
  /** By what a text names the person. */
  readonly needles: readonly string[];
  /** The ids of the work items that were erased: reasons of decisions on them go, whomever they name. */
  readonly items: readonly string[];
}

/** The elements of a map of decisions that people have written; codes are those of a laboratory and stay. */
const WRITTEN_ELEMENTS = new Set(['valueString', 'comment', 'display', 'description']);
const ERASED = '(erased)';

/** Returns the value without what people wrote that names the person. */
function eraseTexts(value: unknown, needles: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => eraseTexts(inner, needles));
  // What was signed stays as it is: anything else would be altered.
  if (!isObject(value) || value.url === 'signed') return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const isNaming = typeof inner === 'string' && WRITTEN_ELEMENTS.has(name) && hasNeedle(inner, needles);
    return [name, isNaming ? ERASED : eraseTexts(inner, needles)];
  });
  return Object.fromEntries(entries);
}

const selectObjects = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);

/** Reads a part of the decision of a map entry; undefined where it has none. */
function readDecisionPart(entry: unknown, name: string): string | undefined {
  const extensions = isObject(entry) ? selectObjects(entry.extension) : [];
  const part = extensions
    .flatMap(({ extension }) => selectObjects(extension))
    .find(({ url }) => url === name);
  return typeof part?.valueString === 'string' ? part.valueString : undefined;
}

/**
 * Returns a map entry without what people wrote about the person; none where such a reason was signed: nothing would be left by
 * which its signature could be checked, and no map entry counts without. The code is asked about again.
 */
function eraseInEntry(entry: unknown, { needles, items }: ErasedTexts): readonly unknown[] {
  const why = readDecisionPart(entry, 'why') ?? '';
  const item = readDecisionPart(entry, 'item');
  const isOfErasedItem = item !== undefined && items.includes(item);
  if (!isOfErasedItem && !hasNeedle(why, needles)) return [eraseTexts(entry, needles)];
  if (why !== '' && readDecisionPart(entry, 'signed') !== undefined) return [];
  const display = isObject(entry) && typeof entry.display === 'string' ? entry.display : '';
  return [
    eraseTexts(
      entry,
      [...needles, why, display].filter((text) => text !== ''),
    ),
  ];
}

function eraseInGroup(group: unknown, texts: ErasedTexts): readonly unknown[] {
  if (!isObject(group) || !Array.isArray(group.element)) return [eraseTexts(group, texts.needles)];
  const { element: entries, ...rest } = group;
  const element = entries.flatMap((entry) => eraseInEntry(entry, texts));
  if (element.length === 0 && entries.length > 0) return [];
  return [{ ...(eraseTexts(rest, texts.needles) as object), element }];
}

/** Returns the text of a ConceptMap of decisions without what people wrote about the person. */
function eraseInMap(content: string, texts: ErasedTexts): string {
  if (!hasNeedle(content, [...texts.needles, ...texts.items])) return content;
  const map = parseJson(content);
  if (!isObject(map) || !Array.isArray(map.group))
    return `${stringifyJson(eraseTexts(map, texts.needles))}\n`;
  const { group: groups, ...rest } = map;
  const group = groups.flatMap((each) => eraseInGroup(each, texts));
  return `${stringifyJson({ ...(eraseTexts(rest, texts.needles) as object), group })}\n`;
}

/** Returns the line of a decision; where it names the person or is about an erased item, without display, reason and signature. */
function eraseInHistory(line: string, { needles, items }: ErasedTexts): string {
  if (!hasNeedle(line, [...needles, ...items])) return line;
  const decision = parseJson(line);
  if (!isObject(decision)) return line;
  return stringifyJson({ ...decision, display: null, why: null, signed: null, isErased: true });
}

/**
 * Removes what people wrote about the person from the files of decisions, and from their histories; returns the paths of those
 * that were changed. A caller must have exclusive access (see the store's transaction).
 */
export function eraseInDecisionFiles(dataDir: string, texts: ErasedTexts): readonly string[] {
  const files = readDecisionFiles(dataDir);
  const erased: DecisionFiles = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, eraseInMap(content, texts)]),
  );
  replaceDecisionFiles(dataDir, erased);
  const changed = Object.keys(files).filter((path) => erased[path] !== files[path]);
  return [...changed, ...convertDecisionHistories(dataDir, (line) => eraseInHistory(line, texts))];
}
