import { hkdfSync } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { ATTEMPT_SECONDS } from './sign-in-terms.ts';

/** A sign-in that has begun. Only the browser that began it has this, encrypted: nothing is stored for strangers. */
export interface SignInAttempt {
  readonly state: string;
  readonly nonce: string;
  /** The secret behind the code challenge (PKCE, RFC 7636). */
  readonly verifier: string;
  /** The path to show afterwards. */
  readonly returnTo: string;
  /** Whether the person must prove again who they are. */
  readonly isStepUp: boolean;
  /** When it began, in seconds since 1970. */
  readonly startedAt: number;
}

/** Seals attempts under a key of their own, which follows from the client's secret: every instance has the same. */
export interface AttemptSeal {
  seal(attempt: SignInAttempt): Promise<string>;
  /** Returns null for what was not sealed here, or is too old. */
  open(sealed: string, now: Date): Promise<SignInAttempt | null>;
}

/** Derives a key for one purpose from the client's secret. */
export const deriveKey = (clientSecret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', clientSecret, '', `fhir-trial-adapter ${purpose}`, 32));

export function createAttemptSeal(clientSecret: string): AttemptSeal {
  const key = deriveKey(clientSecret, 'sign-in attempt');
  return {
    seal: (attempt) =>
      new EncryptJWT({ ...attempt })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setIssuedAt(attempt.startedAt)
        .setExpirationTime(attempt.startedAt + ATTEMPT_SECONDS)
        .encrypt(key),
    async open(sealed, now) {
      try {
        const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
        const { payload } = await jwtDecrypt(sealed, key, { ...options, currentDate: now });
        // Whatever opens was sealed above.
        return payload as unknown as SignInAttempt;
      } catch {
        return null;
      }
    },
  };
}
