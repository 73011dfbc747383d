// The changes of an account that need a proof.

import { say } from '../words.js'

const BY_PATH = {
  email: 'address',
  'me/locale': 'locale',
  'passkeys/options': 'passkey',
  'factors/totp': 'app',
  'factors/recovery-codes': 'recovery-codes',
}

/** Returns the name of the change that a request makes. */
export function changeOf(path, method) {
  if (HAS_FEDERATION && path.startsWith('identities')) return 'identities'
  if (method === 'DELETE') return path === 'me' ? 'deletion' : 'removal'
  return BY_PATH[path]
}

/** Returns what the user is about to do, in the words of the mail with the code. */
export const purposeOf = (change) =>
  ({
    address: say('To change your e-mail address, confirm that it is you.'),
    passkey: say('To add a passkey, confirm that it is you.'),
    app: say('To set up an authenticator app, confirm that it is you.'),
    removal: say('To remove a second factor, confirm that it is you.'),
    'recovery-codes': say('To get new recovery codes, confirm that it is you.'),
    ...(HAS_FEDERATION
      ? { identities: say('To add or remove a sign-in with a provider, confirm that it is you.') }
      : {}),
    locale: say('To change the language of your account, confirm that it is you.'),
    deletion: say('To delete your account, confirm that it is you.'),
  })[change]
