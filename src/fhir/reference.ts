/** A FHIR reference by its form (R4 references.html). `version` is null for the current version. */
export type ParsedReference =
  | { readonly kind: 'relative'; readonly type: string; readonly id: string; readonly version: string | null }
  | {
      readonly kind: 'absolute';
      readonly base: string;
      readonly type: string;
      readonly id: string;
      readonly version: string | null;
    }
  | { readonly kind: 'urn'; readonly urn: string }
  /** `#` alone refers to the container: the id is then empty. */
  | { readonly kind: 'contained'; readonly id: string };

const TYPE_AND_ID = '([A-Z][A-Za-z]{0,63})/([A-Za-z0-9.-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?$';
const RELATIVE_REFERENCE = new RegExp(`^${TYPE_AND_ID}`);
const ABSOLUTE_REFERENCE = new RegExp(`^(https?://[^\\s?#]{1,1024})/${TYPE_AND_ID}`);
const URN_REFERENCE = /^urn:(?:uuid:[0-9a-fA-F-]{36}|oid:[0-2](?:\.\d{1,64}){1,64})$/;

/** Parses the text of `Reference.reference`; null where it does not have the form of a FHIR reference. */
export function parseReference(text: string): ParsedReference | null {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) };
  if (URN_REFERENCE.test(text)) return { kind: 'urn', urn: text };
  const relative = RELATIVE_REFERENCE.exec(text);
  if (relative) {
    const [, type = '', id = '', version] = relative;
    return { kind: 'relative', type, id, version: version ?? null };
  }
  const absolute = ABSOLUTE_REFERENCE.exec(text);
  if (!absolute) return null;
  const [, base = '', type = '', id = '', version] = absolute;
  return { kind: 'absolute', base, type, id, version: version ?? null };
}

/**
 * Converts a reference to `Type/id`, for any base and version: a site is one EHR, so its absolute references are to itself.
 * Returns null for the other forms.
 */
export function toLocalKey(reference: ParsedReference): string | null {
  return reference.kind === 'relative' || reference.kind === 'absolute'
    ? `${reference.type}/${reference.id}`
    : null;
}
