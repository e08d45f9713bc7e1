/** Describes an error with its cause: fetch states only there why it failed. */
export function describeError(error: unknown): string {
  // Not by instanceof: the errors of fetch can be of another realm, as they are in tests.
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  const { message, code, cause } = error as { message: unknown; code?: unknown; cause?: unknown };
  const text = String(message);
  const named = typeof code === 'string' && !text.includes(code) ? `${text} ${code}`.trim() : text;
  return cause === undefined ? named : `${named} (${describeError(cause)})`;
}
