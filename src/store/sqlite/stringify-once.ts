/** The JSON texts of objects in use. */
const knownTexts = new WeakMap<object, string>();

/** Writes an object that is never changed as JSON; its text is kept as long as the object is in use. */
function stringifyPart(value: object): string {
  const known = knownTexts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  knownTexts.set(value, text);
  return text;
}

function stringifyProperty(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (!Array.isArray(value)) return stringifyPart(value);
  const members = value.map((member: unknown) =>
    typeof member === 'object' && member !== null
      ? stringifyPart(member)
      : (JSON.stringify(member) ?? 'null'),
  );
  return `[${members.join(',')}]`;
}

/**
 * Writes an object as JSON, as `JSON.stringify` does. The texts of its properties, and of the members of its lists, are kept
 * as long as these are in use: after a small change only the changed parts are written again. The object, and everything in
 * it, must not be changed afterwards.
 */
export function stringifyOnce(value: object): string {
  const properties = Object.entries(value).flatMap(([key, inner]) => {
    const text = stringifyProperty(inner);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${properties.join(',')}}`;
}
