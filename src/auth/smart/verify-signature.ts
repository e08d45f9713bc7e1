import type { JWK } from 'jose';
import type { ParsedToken } from '../canonical-token.ts';

/** Whether the key has signed the token with one of the algorithms. */
export async function isSignedBy(
  { text }: ParsedToken,
  key: JWK,
  algorithms: readonly string[],
): Promise<boolean> {
  const { compactVerify, errors, importJWK } = await import('jose');
  try {
    const { kty, crv, x, y, n, e } = key;
    const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
    const [header = ''] = text.split('.');
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string };
    await compactVerify(text, await importJWK(Object.fromEntries(members) as JWK, alg), {
      algorithms: [...algorithms],
    });
    return true;
  } catch (cause) {
    // A key that is none (a point off its curve) is an error of WebCrypto: DataError, or TypeError of its members.
    if (cause instanceof errors.JOSEError || cause instanceof DOMException || cause instanceof TypeError)
      return false;
    throw cause;
  }
}
