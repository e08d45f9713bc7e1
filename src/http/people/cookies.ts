import type { CookieOptions, Request, Response } from 'express';

/** The cookies of people. */
export interface PersonCookies {
  readonly session: PersonCookie;
  readonly attempt: PersonCookie;
  /** The name and attributes of the cookie of csrf-csrf, which sets and reads it by itself. */
  readonly csrf: { readonly name: string; readonly options: CookieOptions };
}

/** One cookie. */
interface PersonCookie {
  /** Returns its value; undefined without it, or where there are several: one of them is not ours. */
  read(request: Request): string | undefined;
  set(response: Response, value: string, maxAgeSeconds: number | null): void;
  clear(response: Response): void;
}

/** Parses the Cookie header (RFC 6265, section 4.2.1). */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string | undefined> {
  const cookies = new Map<string, string | undefined>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0) continue;
    const name = pair.slice(0, at).trim();
    cookies.set(name, cookies.has(name) ? undefined : pair.slice(at + 1).trim());
  }
  return cookies;
}

function createCookie(name: string, options: CookieOptions): PersonCookie {
  return {
    read: (request) => parseCookies(request.headers.cookie).get(name),
    set: (response, value, maxAgeSeconds) =>
      void response.cookie(name, value, {
        ...options,
        ...(maxAgeSeconds === null ? {} : { maxAge: maxAgeSeconds * 1_000 }),
      }),
    clear: (response) => void response.clearCookie(name, options),
  };
}

/**
 * Creates the cookies. Scripts read none of them. `Lax` lets a link and the issuer's answer bring the session along, and no
 * request that another page sends. With TLS, in the service or a proxy, `__Host-` keeps other hosts and plain http from setting
 * them (RFC 6265bis, section 4.1.3.2).
 */
export function createPersonCookies(publicUrl: string): PersonCookies {
  const secure = publicUrl.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  const options = { httpOnly: true, sameSite: 'lax', secure, path: '/' } as const;
  return {
    session: createCookie(`${prefix}session`, options),
    attempt: createCookie(`${prefix}sign-in`, options),
    csrf: { name: `${prefix}csrf`, options: { ...options, sameSite: 'strict' } },
  };
}
