/** The assertions that clients have authenticated with, so that each is accepted once (RFC 7523, section 3). */
export interface UsedAssertionStore {
  /**
   * Notes that the issuer has used the jti, and forgets those whose time is over. Returns false where the jti was used before.
   * `until`: the instant from which the assertion is refused anyway.
   */
  use(issuer: string, jti: string, until: string, now: string): Promise<boolean>;
}
