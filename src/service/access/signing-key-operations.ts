import { locateSigningKeys, openSigningKeys, type SigningKeyInfo } from '../../auth/smart/signing-keys.ts';
import type { Config } from '../../config.ts';

/** The keys with which the adapter signs access tokens, for `keys`. They need no store, and a running service sees changes. */
export interface SigningKeyOperations {
  /** Lists the keys, the active one first. */
  listSigningKeys(config: Config): readonly SigningKeyInfo[];
  /** Creates the first key; changes nothing where there is one. Returns the active one. */
  createSigningKey(config: Config): SigningKeyInfo;
  /** Creates another key, with which new tokens are signed; the one before it verifies on. */
  rotateSigningKey(config: Config): SigningKeyInfo;
}

const open = ({ keysDir }: Config) => openSigningKeys(locateSigningKeys(keysDir), () => new Date());

export const SIGNING_KEY_OPERATIONS: SigningKeyOperations = {
  listSigningKeys: (config) => open(config).list(),
  createSigningKey(config) {
    const { kid, createdAt } = open(config).getActive();
    return { kid, createdAt, isActive: true };
  },
  rotateSigningKey: (config) => open(config).rotate(new Date()),
};
