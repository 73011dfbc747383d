import type { AuthMembers, Parameters } from '../framework.d.ts'

/** Returns the origins of a list that is a parameter. */
const listed = (text: unknown): string[] =>
  String(text ?? '')
    .split(',')
    .filter(Boolean)

const originOf = (url: unknown): string[] => (URL.canParse(String(url)) ? [new URL(String(url)).origin] : [])

/**
 * Reports origins where operators act as users, and where users have sessions too. A user may have put a script into what the operator
 * sees. At another origin it finds no session: neither in the cookie, which is not taken there, nor in what a page has stored.
 */
export function faultsOfActOrigins(parameters: Parameters, stage: string): string[] {
  const { actAs, actAsOrigins, allowedOrigins, issuer, publicUrl } = parameters
  const acts = listed(actAsOrigins)
  if (actAs !== 'on') {
    return acts.length > 0 ? ['The parameter actAsOrigins needs actAs=on.'] : []
  }
  if (acts.length === 0) {
    return stage === 'dev'
      ? []
      : ['The parameter actAs needs actAsOrigins: where operators see the application as a user.']
  }
  if (acts.includes('*')) return ['The parameter actAsOrigins must name origins.']
  const taken = [...listed(allowedOrigins), ...originOf(issuer), ...originOf(publicUrl)]
  return acts
    .filter((origin) => taken.includes(origin))
    .map(
      (origin) =>
        `The parameter actAsOrigins has ${origin}, where users have sessions. Operators need an origin of its own, with the same pages.`,
    )
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
