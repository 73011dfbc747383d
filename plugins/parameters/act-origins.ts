import type { AuthMembers, Parameters } from '../framework.d.ts'
import { foreignOrigin } from './same-site.ts'
import { areSecureOrigins } from './values.ts'

/** Returns the URLs of a list that is a parameter. */
const listed = (text: unknown): string[] =>
  String(text ?? '')
    .split(',')
    .filter((url) => URL.canParse(url))

/** Accepts origins whose pages are safe from readers on the network. Those of this machine need no certificate. */
export function actOrigins(text: string): void {
  if (text === '' || (areSecureOrigins(text, LOOPBACK) && !text.includes('*'))) return
  throw new Error(
    'must be https origins such as https://support.example.net, separated by commas, with nothing after the host or port',
  )
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** A cookie of localhost is sent with https, too. */
const secure = (url: string): string => url.replace(/^http:/, 'https:')

/**
 * Reports origins where operators act as users, and where a script could find more than the act. A user may have put a script into what
 * the operator sees. On another site it has no session cookie, also not through a proxy at another port, and no passkey of the service
 * works (WebAuthn, `rpId`).
 *
 * @param ownUrl - Where browsers reach the service on a developer's machine; undefined on AWS.
 */
export function faultsOfActOrigins(
  parameters: Parameters,
  stage: string,
  ownUrl: string | undefined,
): string[] {
  const { actAs, actAsOrigins, allowedOrigins, rpOrigins, issuer, publicUrl } = parameters
  // Another rule reports a value that is no origin. Only the framework knows one that is a variable.
  if (String(actAs).includes('${') || String(actAsOrigins).includes('${')) return []
  const acts = listed(actAsOrigins)
  if (actAs !== 'on') {
    return acts.length > 0 ? ['The parameter actAsOrigins needs actAs=on.'] : []
  }
  if (acts.length === 0) {
    return stage === 'dev'
      ? []
      : ['The parameter actAs needs actAsOrigins: where operators see the application as a user.']
  }
  const taken = [allowedOrigins, rpOrigins, issuer, publicUrl, ownUrl].flatMap(listed)
  return acts.flatMap((origin) => {
    const near = taken.find((url) => foreignOrigin([secure(origin)], secure(url)) === undefined)
    return near === undefined
      ? []
      : [
          `The parameter actAsOrigins has ${origin}, on the site of ${near}, where sessions are. Operators need another site, with the same pages.`,
        ]
  })
}

/** Returns the origins whose pages may read a route that operators may use who act as a user. */
export const originsWithActs = ({
  actAs,
  actAsOrigins,
  allowedOrigins = '',
}: Partial<Pick<AuthMembers, 'actAs' | 'actAsOrigins' | 'allowedOrigins'>>): string =>
  actAs !== 'on' || allowedOrigins === '*'
    ? allowedOrigins
    : [...listed(allowedOrigins), ...listed(actAsOrigins)].join(',')
