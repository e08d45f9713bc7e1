import { parseJson, stringifyJson } from '../../fhir/lossless-json.ts';
import { type DecisionFiles, readDecisionFiles, replaceDecisionFiles } from '../../library/decision-files.ts';
import { hasNeedle } from './naming-work-items.ts';

/** The elements of a map of decisions that people have written; codes are those of a laboratory and stay. */
const WRITTEN_ELEMENTS = new Set(['valueString', 'comment', 'display', 'description']);
const ERASED = '(erased)';

/** Returns the value without what people wrote that names the person. */
function eraseTexts(value: unknown, needles: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => eraseTexts(inner, needles));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const isNaming = typeof inner === 'string' && WRITTEN_ELEMENTS.has(name) && hasNeedle(inner, needles);
    return [name, isNaming ? ERASED : eraseTexts(inner, needles)];
  });
  return Object.fromEntries(entries);
}

/** Removes what names the person from the files of decisions; returns the paths of those that were changed. */
export function eraseInDecisionFiles(dataDir: string, needles: readonly string[]): readonly string[] {
  const files = readDecisionFiles(dataDir);
  const changed: string[] = [];
  const erased: Record<string, string> = {};
  for (const [path, content] of Object.entries(files)) {
    const isNaming = hasNeedle(content, needles);
    erased[path] = isNaming ? `${stringifyJson(eraseTexts(parseJson(content), needles))}\n` : content;
    if (isNaming) changed.push(path);
  }
  replaceDecisionFiles(dataDir, erased satisfies DecisionFiles);
  return changed;
}
