import '../support/process/real-argon2.ts'
import { expect, test } from 'vitest'
import { expectAlike, measureInTurns } from '../security/timing/timing.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'

recordLogs()
// Lambda accepts the events of mails. To send them would take time of this process.
const stores = await useService({
  settings: {
    LIMIT_MAIL_SOURCE: '9999/3600',
    LIMIT_MAIL_SIGN_INS: '9999/3600',
    ALLOWED_EMAIL_DOMAINS: 'example.org',
  },
  deliver: false,
})
const { functions } = stores
let count = 0

test.each(['register', 'forgot', 'POST /login/mail'] as const)(
  '%s takes the same time and responds the same',
  async (route) => {
    const kinds: Kind[] = ['known', 'unknown', 'disabled', 'unverified', 'suppressed']
    // Of a domain that may not register. The other routes refuse it or have no such rule.
    if (route === 'POST /login/mail') kinds.push('foreign')
    const classes = kinds.map((kind) => [kind, () => prepare(route, kind)] as const)
    await expectAlike(() => measureInTurns(Object.fromEntries(classes)))
  },
)

type Kind = 'known' | 'unknown' | 'disabled' | 'unverified' | 'suppressed' | 'foreign'

/** Prepares a request about an address of a kind. SES knows which addresses are suppressed, the service does not. */
async function prepare(route: 'register' | 'forgot' | 'POST /login/mail', kind: Kind) {
  count += 1
  const email = `user-${100_000 + count}@example.${kind === 'foreign' ? 'net' : 'org'}`
  const sourceIp = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`
  if (kind !== 'unknown' && kind !== 'foreign') {
    const values = { email, emailVerified: kind !== 'unverified' }
    const username = await stores.add({ ...values, username: `name-${100_000 + count}` })
    if (kind === 'disabled') await stores.change(username, { disabled: true })
  }
  const body = route === 'forgot' ? { login: email } : { email }
  return async () => {
    const response = await functions.ask(route, { body, sourceIp })
    const { mailId, browserKey: _, ...others } = JSON.parse(response.text)
    // The id is random, and for a registration it holds the address of the request.
    expect(mailId).toMatch(route === 'forgot' ? /^[\w-]{22}$/ : /^[\w-]{22}\.[\w-]+$/)
    return { ...response, text: JSON.stringify(others) }
  }
}
