import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A self-signed certificate of a test, with its key, in PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the certificate in DER, 64 hexadecimal digits. */
  readonly sha256: string;
  /** The certificate in DER, as base64. */
  readonly base64: string;
}

/** Encodes a value in DER (X.690): tag, length, content. */
function encode(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

const SEQUENCE = 0x30;
const SET = 0x31;
/** ecdsa-with-SHA256, and the attribute commonName. */
const ECDSA_WITH_SHA256 = encode(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');

const encodeName = (name: string): Buffer =>
  encode(SEQUENCE, encode(SET, encode(SEQUENCE, COMMON_NAME, encode(0x0c, Buffer.from(name)))));

/** GeneralizedTime: `20260302090000Z`. */
const encodeTime = (time: Date): Buffer =>
  encode(0x18, Buffer.from(`${time.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`));

/** Creates a self-signed certificate on P-256 (RFC 5280, version 3 without extensions). */
export function createTestCertificate(
  name: string,
  from = new Date('2020-01-01T00:00:00Z'),
  to = new Date('2099-01-01T00:00:00Z'),
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const content = encode(
    SEQUENCE,
    encode(0xa0, encode(0x02, Buffer.from([2]))),
    encode(0x02, createHash('sha256').update(name).digest().subarray(0, 8).fill(1, 0, 1)),
    ECDSA_WITH_SHA256,
    encodeName(name),
    encode(SEQUENCE, encodeTime(from), encodeTime(to)),
    encodeName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', content, privateKey);
  const der = encode(SEQUENCE, content, ECDSA_WITH_SHA256, encode(0x03, Buffer.from([0]), signature));
  const base64 = der.toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})(?!$)/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    sha256: createHash('sha256').update(der).digest('hex'),
    base64,
  };
}
