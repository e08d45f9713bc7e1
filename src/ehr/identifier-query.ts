/** Escapes a value inside a FHIR search parameter: `,`, `$`, `|` and backslash (R4 search, section 3.1.1.4.17). */
function escapeSearchValue(value: string): string {
  return value.replace(/[\\,$|]/g, (character) => `\\${character}`);
}

/**
 * Builds the URL-encoded `identifier=system|value` of a FHIR search or conditional update. The identifier is split at its
 * first `|`, which a value may contain but no system.
 */
export function buildIdentifierQuery(identifier: string): string {
  const bar = identifier.indexOf('|');
  const system = identifier.slice(0, Math.max(bar, 0));
  const token = `${escapeSearchValue(system)}|${escapeSearchValue(identifier.slice(bar + 1))}`;
  return `identifier=${encodeURIComponent(token)}`;
}
