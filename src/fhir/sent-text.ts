import { locateEntryResources } from './bundles/locate-entries.ts';
import { parseJson } from './lossless-json.ts';
import { isObject } from './resource.ts';

/**
 * The text of each resource as it was sent, beside the tree that was parsed from it: spaces, order and escapes are part of what
 * a sender said, and a certified copy has them (FDA, Electronic Systems in Clinical Investigations, 2024).
 */
const SENT_TEXTS = new WeakMap<object, string>();

/** Parses what a sender sent (see parseJson), and remembers the text of the resource or of each resource of a Bundle. */
export function parseSentJson(text: string): unknown {
  const tree = parseJson(text);
  rememberSentTexts(tree, text);
  return tree;
}

function rememberSentTexts(tree: unknown, text: string): void {
  if (!isObject(tree)) return;
  if (tree.resourceType !== 'Bundle') {
    // Spaces around the resource are not part of it: files end with a line feed, lines with CR.
    SENT_TEXTS.set(tree, text.trim());
    return;
  }
  if (!Array.isArray(tree.entry)) return;
  const texts = locateEntryResources(text);
  for (const [index, entry] of tree.entry.entries()) {
    const resource = isObject(entry) ? entry.resource : null;
    const own = texts[index];
    if (isObject(resource) && own) SENT_TEXTS.set(resource, own);
  }
}

/** Returns the text of a resource as it was sent; undefined where it is not known, as of one that the adapter built. */
export const findSentText = (resource: object): string | undefined => SENT_TEXTS.get(resource);

/** Makes the text of a resource that of a tree that was made from it, such as one with another id. */
export function copySentText<T extends object>(from: object, to: T): T {
  const text = SENT_TEXTS.get(from);
  if (text !== undefined && from !== to) SENT_TEXTS.set(to, text);
  return to;
}
