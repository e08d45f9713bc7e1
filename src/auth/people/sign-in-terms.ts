/* What the routes need to know of signing in; a file of its own, so that they load no client before anybody can sign in. */

/** The path of the issuer's answer; the whole address is registered at the issuer. */
export const SIGNED_IN_PATH = '/auth/signed-in';

/** How long a sign-in may take, in seconds. */
export const ATTEMPT_SECONDS = 600;
