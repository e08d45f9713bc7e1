import { statSync } from 'node:fs';
import type { Config } from '../config.ts';
import { formatPlace } from './client-config.ts';

/** Something in the configuration that works, and that a security officer would not leave as it is. */
export interface ConfigWarning {
  /** The file, and the place in it. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

const DAY_MS = 86_400_000;
/** How long before its end a token draws a warning: long enough to agree on another one with a hospital. */
const NEAR_EXPIRY_MS = 30 * DAY_MS;
/** 16 random characters of base64url are 96 bits. */
const SHORTEST_DEV_TOKEN = 16;
/** The rights of group and others. */
const RIGHTS_OF_OTHERS = 0o077;

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);

/** Whether somebody other than the owner of a file may read or change it. On Windows its rights are not in the mode. */
function isExposed(file: string): boolean {
  if (process.platform === 'win32') return false;
  try {
    return (statSync(file).mode & RIGHTS_OF_OTHERS) !== 0;
  } catch {
    return false;
  }
}

function warnOfExpiry(expiresAt: string | null, at: string, now: Date): readonly ConfigWarning[] {
  const rotation = 'Configure another token for the client, and have its sender use that one.';
  if (expiresAt === null) {
    const fix = 'Add "expires": "YYYY-MM-DD", or give the client a key (jwksUri) in place of the token.';
    return [{ at, message: 'The token never expires.', fix }];
  }
  const left = Date.parse(expiresAt) - now.getTime();
  if (left <= 0) return [{ at, message: 'The token has expired, and is refused.', fix: rotation }];
  if (left > NEAR_EXPIRY_MS) return [];
  return [{ at, message: `The token expires in ${Math.ceil(left / DAY_MS)} days.`, fix: rotation }];
}

function warnOfClients({ sites, file }: Config, now: Date): readonly ConfigWarning[] {
  return Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.flatMap(({ tokenSha256, expiresAt, isDisabled }, index) => {
      const at = formatPlace({ file, path: `sites.${site}.clients.${index}.expires` });
      return tokenSha256 === null || isDisabled ? [] : warnOfExpiry(expiresAt, at, now);
    }),
  );
}

const OWNER_ONLY_FIX = 'Give the file to the user that runs this, with mode 0600.';

function warnOfSecrets({ sites, file, secretsInFile }: Config): readonly ConfigWarning[] {
  const secretFiles = Object.values(sites).flatMap(({ ehr, clients }) => [
    ...(ehr?.bearerTokenFile ? [ehr.bearerTokenFile] : []),
    ...clients.flatMap(({ hmac }) => (hmac ? [hmac.secretFile] : [])),
  ]);
  const [inConfig] = file !== null && isExposed(file) ? secretsInFile : [];
  return [
    ...(inConfig === undefined
      ? []
      : [
          {
            at: formatPlace({ file, path: inConfig }),
            message: 'A secret is in a file that other users may read.',
            fix: `${OWNER_ONLY_FIX} Or put the secret into a file of its own.`,
          },
        ]),
    ...secretFiles
      .filter(isExposed)
      .map((at) => ({ at, message: 'Other users may read this secret.', fix: OWNER_ONLY_FIX })),
  ];
}

function warnOfConnections(config: Config): readonly ConfigWarning[] {
  const { host, file, devToken, devTokenIsNew, server } = config;
  const isPlain = !isLoopback(host) && server.tls === null && server.behindProxy.length === 0;
  const isGuessable = devToken !== null && !devTokenIsNew && devToken.length < SHORTEST_DEV_TOKEN;
  return [
    ...(isPlain
      ? [
          {
            at: formatPlace({ file, path: 'host' }),
            message: 'Tokens and patient data cross the network unencrypted.',
            fix: 'Configure tls, or behindProxy with the addresses of a proxy that encrypts, or listen on 127.0.0.1.',
          },
        ]
      : []),
    ...(isGuessable
      ? [
          {
            at: 'TRIAL_ADAPTER_DEV_TOKEN',
            message: 'The token of --dev can be guessed, and every user of this machine can try.',
            fix: `Use ${SHORTEST_DEV_TOKEN} random characters or more, or leave it out: then one is created.`,
          },
        ]
      : []),
  ];
}

/** Finds what works and should not stay: tokens without end or near it, exposed secrets, connections in clear. */
export const findConfigWarnings = (config: Config, now: Date): readonly ConfigWarning[] => [
  ...warnOfConnections(config),
  ...warnOfSecrets(config),
  ...warnOfClients(config, now),
];
