import { statSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { DecisionTrust, TrustedKey } from '../signatures/check-decision.ts';
import { locateServiceKeys, readServiceKeys } from './service-keys.ts';

/** The part of the configuration that says whose signatures count. */
export type TrustConfig = Pick<Config, 'keysDir' | 'people' | 'signIn' | 'unsignedDecisionsBefore'>;

/** Whether anybody is configured who can sign: then a decision needs a signature. */
export const arePeopleConfigured = ({ people, signIn }: Pick<Config, 'people' | 'signIn'>): boolean =>
  people.length > 0 || signIn !== null;

/** Creates the reader of the service's keys, which reads the file again when it was changed: another process may replace them. */
function createServiceKeyReader(keysDir: string): (publicKey: string) => TrustedKey | null {
  let readAt = 0;
  let keys = new Map<string, TrustedKey>();
  return (publicKey) => {
    const changedAt = statSync(locateServiceKeys(keysDir), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt !== readAt) {
      const read = readServiceKeys(keysDir).map(({ publicKey: name, retiredAt }) => ({
        ...{ publicKey: name, person: null, retiredAt },
      }));
      keys = new Map(read.map((key) => [key.publicKey, key]));
      readAt = changedAt;
    }
    return keys.get(publicKey) ?? null;
  };
}

/** Builds the trust of a configuration: the keys of its people, and those of the service, which signs for people who signed in. */
export function buildDecisionTrust(config: TrustConfig): DecisionTrust {
  const { keysDir, people, unsignedDecisionsBefore } = config;
  const personalKeys = new Map<string, TrustedKey>(
    people.flatMap(({ id, keys }) =>
      keys.map(({ publicKey, retiredAt }) => [publicKey, { publicKey, person: id, retiredAt }] as const),
    ),
  );
  const findServiceKey = createServiceKeyReader(keysDir);
  const isConfigured = arePeopleConfigured(config);
  return {
    findKey: (publicKey) => personalKeys.get(publicKey) ?? findServiceKey(publicKey),
    requiresSignature: (at) =>
      isConfigured &&
      !(unsignedDecisionsBefore !== null && Date.parse(at) < Date.parse(unsignedDecisionsBefore)),
  };
}
