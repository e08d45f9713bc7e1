import { mayDecide } from '../../auth/people/rights.ts';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import { formatPublicKey } from '../../signatures/sign-decision.ts';
import { openPersonalKey } from './personal-key.ts';

const DECIDE_ELSEWHERE =
  'Decide over HTTP after signing in, or have yourself added to `people` in the configuration.';

/**
 * Opens the signature of the person who is logged in to the operating system. Throws `signing-key/unknown-person` where the
 * configuration does not name this user, or not with the key in their file; `signing-key/unusable` where it cannot be read.
 */
export async function openCommandLineSigner(
  { people, signingKeyFile }: Pick<Config, 'people' | 'signingKeyFile'>,
  systemUser: string,
  askPassphrase: () => Promise<string>,
): Promise<Pick<Decider, 'by' | 'signer' | 'mayDecide'>> {
  const person = people.find(({ user }) => user === systemUser);
  if (!person)
    throw new Failure(
      'signing-key/unknown-person',
      `The user ${systemUser || '(without a name)'} is no person who decides here.`,
      { fix: DECIDE_ELSEWHERE },
    );
  const privateKey = await openPersonalKey(signingKeyFile, askPassphrase);
  const publicKey = formatPublicKey(privateKey);
  const key = person.keys.find((known) => known.publicKey === publicKey);
  if (!key || key.retiredAt !== null)
    throw new Failure('signing-key/unknown-person', `This key is not in use for ${person.name}.`, {
      at: signingKeyFile,
      fix: `Have the public key ${publicKey} added to this person's keys in the configuration.`,
    });
  return {
    by: person.name,
    signer: {
      identity: { name: person.name, id: person.id },
      authentication: { method: 'personal-key', systemUser },
      privateKey,
    },
    mayDecide: (kind, site) => mayDecide(person, kind, site),
  };
}
