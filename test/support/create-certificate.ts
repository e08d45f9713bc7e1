import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate with its key, both in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly subject: string;
  readonly privateKey: KeyObject;
}

/** Encodes an element of DER (ITU-T X.690). */
function buildDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const SEQUENCE = 0x30;
const buildSequence = (...parts: readonly Uint8Array[]) => buildDer(SEQUENCE, ...parts);
const buildOid = (hex: string) => buildDer(0x06, Buffer.from(hex, 'hex'));
const buildName = (name: string) =>
  buildSequence(buildDer(0x31, buildSequence(buildOid('550403'), buildDer(0x0c, Buffer.from(name)))));
const buildTime = (text: string) => buildDer(0x18, Buffer.from(text));

const ECDSA_WITH_SHA256 = buildSequence(buildOid('2a8648ce3d040302'));
const FROM = '20200101000000Z';
const UNTIL = '29991231000000Z';

function buildExtensions(isAuthority: boolean): Buffer {
  const constraints = buildSequence(...(isAuthority ? [buildDer(0x01, Buffer.from([0xff]))] : []));
  const names = buildSequence(
    buildDer(0x82, Buffer.from('localhost')),
    buildDer(0x87, Buffer.from([127, 0, 0, 1])),
  );
  const wrap = (oid: string, value: Buffer) => buildSequence(buildOid(oid), buildDer(0x04, value));
  return buildDer(0xa3, buildSequence(wrap('551d13', constraints), wrap('551d11', names)));
}

let serial = 1;

/**
 * Makes an X.509 certificate (RFC 5280) with an EC key, for `localhost` and 127.0.0.1: signed by the issuer or, without one, by
 * itself, as that of an authority is. It is valid until `until`, as `20261231000000Z`.
 */
export function createCertificate(
  subject: string,
  issuer?: TestCertificate,
  until: string = UNTIL,
): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  serial += 1;
  const body = buildSequence(
    buildDer(0xa0, buildDer(0x02, Buffer.from([2]))),
    buildDer(0x02, Buffer.from([1, serial])),
    ECDSA_WITH_SHA256,
    buildName(issuer?.subject ?? subject),
    buildSequence(buildTime(FROM), buildTime(until)),
    buildName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    buildExtensions(issuer === undefined),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const der = buildSequence(body, ECDSA_WITH_SHA256, buildDer(0x03, Buffer.from([0]), signature));
  const lines = (der.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    subject,
    privateKey,
  };
}
