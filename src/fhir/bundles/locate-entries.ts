/**
 * Finds the text of each resource in the text of a Bundle: what a sender sent of it, byte for byte, although the Bundle was sent
 * as one. The text must be JSON that a parser has accepted; each character is read once.
 */

/** A part of a text, from its first character to after its last. */
interface TextSpan {
  readonly from: number;
  readonly to: number;
}

const SPACES = new Set([' ', '\t', '\n', '\r']);

function findNextToken(text: string, from: number): number {
  let at = from;
  while (SPACES.has(text[at] ?? '')) at += 1;
  return at;
}

/** Returns the place after the string that begins at the quotation mark. */
function findStringEnd(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Returns the place after the object or array that begins here. */
function findContainerEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; ; ) {
    const character = text[at];
    if (character === '"') {
      at = findStringEnd(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
}

function findValueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return findStringEnd(text, from);
  if (first === '{' || first === '[') return findContainerEnd(text, from);
  let at = from;
  while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at += 1;
  return at;
}

/** Finds the value of a key in the object that begins at the brace; null where it has none. The last one counts, as in JSON.parse. */
function findMember(text: string, from: number, wanted: string): TextSpan | null {
  let found: TextSpan | null = null;
  let at = findNextToken(text, from + 1);
  while (text[at] === '"') {
    const keyEnd = findStringEnd(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const begin = findNextToken(text, findNextToken(text, keyEnd) + 1);
    const end = findValueEnd(text, begin);
    if (key === wanted) found = { from: begin, to: end };
    at = findNextToken(text, end);
    if (text[at] === ',') at = findNextToken(text, at + 1);
  }
  return found;
}

/** Lists the members of the array that begins at the bracket. */
function* listMemberSpans(text: string, from: number): Generator<TextSpan> {
  let at = findNextToken(text, from + 1);
  while (text[at] !== ']') {
    const end = findValueEnd(text, at);
    yield { from: at, to: end };
    at = findNextToken(text, end);
    if (text[at] === ',') at = findNextToken(text, at + 1);
  }
}

/**
 * Lists the texts of `Bundle.entry.resource`, in order; null for an entry without a resource. Empty where the text is no object
 * with a list of entries.
 *
 * @example locateEntryResources('{"entry":[{"resource":{"id": "a"}},{}]}') // ['{"id": "a"}', null]
 */
export function locateEntryResources(text: string): readonly (string | null)[] {
  const start = findNextToken(text, 0);
  if (text[start] !== '{') return [];
  const entries = findMember(text, start, 'entry');
  if (entries === null || text[entries.from] !== '[') return [];
  return [...listMemberSpans(text, entries.from)].map(({ from }) => {
    const resource = text[from] === '{' ? findMember(text, from, 'resource') : null;
    return resource === null ? null : text.slice(resource.from, resource.to);
  });
}
