import { ROLES } from '../../../lib/application/roles.ts'
import { root } from '../../support/process/service-description.ts'

// The page /account says each change of an account by a whole sentence. Its words are a closed table, so a change without one reads "Account
// changed".

/** Values that no sentence names. */
const UNNAMED = ['attributes', 'emailVerified', 'emailAsWritten']

/**
 * Returns the changes of accounts, such as `totp removed`, that have no sentence.
 *
 * @param details - The `Detail` of entries of `PutEvents`.
 */
export async function changesWithoutSentence(details: readonly string[]): Promise<string[]> {
  // Scripts of pages get them when they are built.
  Object.assign(globalThis, { HAS_FEDERATION: true, HAS_LANGUAGES: true, HAS_MAIL_SIGN_IN: true })
  const { whatOf } = await import(`${root}/functions/pages/account/wording.js`)
  const { OWN } = await import(`${root}/functions/pages/account/own-voice.js`)
  const sentenceOf = (changes: readonly string[], detail?: string): string =>
    whatOf({ type: 'user.updated', changes, detail }, OWN)
  const neutral = sentenceOf([])
  const silent = details
    .map((one) => JSON.parse(one))
    .filter(({ type }) => type === 'user.updated')
    .map(({ data: { changes = [], detail } }) => ({
      named: changes.filter((name: string) => !UNNAMED.includes(name)),
      detail,
    }))
    // An operator may set the role that a user has.
    .filter(({ named, detail }) => named.length > 0 || !(detail === undefined || ROLES.includes(detail)))
    .filter(({ named, detail }) => sentenceOf(named, detail) === neutral)
    .map(({ named, detail }) => [...named, detail].filter(Boolean).join(' '))
  return [...new Set(silent)]
}
