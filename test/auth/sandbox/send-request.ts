import { request as sendPlain } from 'node:http';
import { request as sendEncrypted } from 'node:https';
import type { ClientCertificate } from './certificate.ts';

export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** A list sends a header several times. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** The client's certificate, on https. */
  readonly certificate?: ClientCertificate | undefined;
}

export interface SentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a request as it is described, which `fetch` would correct: headers twice, and a certificate of the client. */
export function sendRequest({ method, url, headers, body, certificate }: SentRequest): Promise<SentAnswer> {
  const isEncrypted = url.startsWith('https:');
  const options = {
    method,
    headers: headers as Record<string, string | string[]>,
    agent: false as const,
    ...(isEncrypted ? { rejectUnauthorized: false, cert: certificate?.cert, key: certificate?.key } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (isEncrypted ? sendEncrypted : sendPlain)(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
