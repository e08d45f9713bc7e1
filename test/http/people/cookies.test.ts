import { expect, test } from '@jest/globals';
import express from 'express';
import { listen } from '../../../src/http/listen.ts';
import { createPersonCookies, parseCookies } from '../../../src/http/people/cookies.ts';
import { createPersonGuards } from '../../../src/http/people/guards.ts';

/** Sets every cookie as the service at the address does, and returns the headers. */
async function readCookies(publicUrl: string): Promise<readonly string[]> {
  const cookies = createPersonCookies(publicUrl);
  const sessions = { find: async () => null } as unknown as Parameters<typeof createPersonGuards>[0];
  const guards = createPersonGuards(sessions, cookies, { publicUrl, csrfSecret: 'x'.repeat(43) });
  const app = express();
  app.get('/', (request, response) => {
    cookies.session.set(response, 'id', null);
    cookies.attempt.set(response, 'attempt', 600);
    guards.createToken(request, response);
    response.end();
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  try {
    return (await fetch(server.url)).headers.getSetCookie();
  } finally {
    await server.close();
  }
}

test('with TLS every cookie is of this host alone, secure, and no script reads it', async () => {
  const cookies = await readCookies('https://trial.example');
  expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual([
    '__Host-session',
    '__Host-sign-in',
    '__Host-csrf',
  ]);
  for (const cookie of cookies) {
    expect(cookie).toMatch(/; Secure(?:;|$)/);
    expect(cookie).toMatch(/; HttpOnly(?:;|$)/);
    expect(cookie).toMatch(/; SameSite=(?:Lax|Strict)(?:;|$)/);
    expect(cookie).toMatch(/; Path=\/(?:;|$)/);
    expect(cookie).not.toMatch(/Domain=/i);
  }
  // A session cookie ends with the browser; the attempt to sign in after ten minutes.
  expect(cookies[0]).not.toMatch(/Max-Age|Expires/);
  expect(cookies[1]).toMatch(/Max-Age=600/);
});

test('on this machine, without TLS, a browser still takes them', async () => {
  const cookies = await readCookies('http://127.0.0.1:8080');
  expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['session', 'sign-in', 'csrf']);
  for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly(?:;|$)/);
});

test.each<[string | undefined, [string, string | undefined][]]>([
  [undefined, []],
  [
    'a=1; b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=1; a=2', [['a', undefined]]],
  [
    'a=x=y; noise;  b = 2 ',
    [
      ['a', 'x=y'],
      ['b', '2'],
    ],
  ],
])('the header %s', (header, cookies) => {
  expect([...parseCookies(header)]).toEqual(cookies);
});
