import { currentLanguage, say } from '../../application/texts.ts'
import type { App, MailOrigin, NamedIdentity } from '../event.ts'

/** The facts that a text reports. */
export interface Facts {
  /** Name of the service for its users. */
  service: string
  /** ISO 8601 time of the request. */
  at: string
  /** Where the request came from. Missing for mails of operators. */
  origin?: MailOrigin | undefined
  /** Missing for mails to an address without a user. */
  username?: string | undefined
  /** Link that confirms, or leads to the account; missing for other notices. */
  link?: string | undefined
  /** Code that confirms; missing if only the link does. */
  code?: string | undefined
  /** Time between the mail of a reset of second factors and its effect. */
  delaySeconds?: number | undefined
  /** App that a notice is about. */
  app?: App | undefined
  /** Identity that a notice is about. */
  identity?: NamedIdentity | undefined
  /** Names of the providers that the user signs in with. */
  providers?: readonly string[] | undefined
  /** Page where users request a new password. */
  forgotUrl: string
  /** Origin of the pages that links open, such as `https://auth.example.com`. */
  site?: string | undefined
}

/** Returns the values of a sentence about when a request came, in UTC. */
function whenOf({ at }: Facts) {
  const language = currentLanguage()
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { timeZone: 'UTC', ...options }).format(new Date(at))
  return {
    // The order of day and month differs between the countries that read English.
    day: /^en\b/.test(language) ? at.slice(0, 10) : format({ dateStyle: 'long' }),
    time: format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  }
}

/** Returns the values of a sentence with the names of all providers. */
export const listed = ({ providers = [] }: Facts) => ({
  providers: new Intl.ListFormat(currentLanguage(), { style: 'narrow' }).format(providers),
})

/** Returns the sentence that says when and from where a request came. */
export function originSentence(facts: Facts): string {
  if (!facts.origin) return say('An operator sent this on {day} at {time} UTC.', whenOf(facts))
  const { sourceIp: address, userAgent } = facts.origin
  const { program, system } = programOf(userAgent)
  const values = { ...whenOf(facts), address, program, system }
  if (program === undefined) {
    return system === undefined
      ? say('The request came on {day} at {time} UTC from {address}, with an unknown program.', values)
      : say(
          'The request came on {day} at {time} UTC from {address}, with an unknown program on {system}.',
          values,
        )
  }
  return say('The request came on {day} at {time} UTC from {address}, with {program}.', {
    ...values,
    program: system === undefined ? program : say('{program} on {system}', values),
  })
}

/** Returns the same sentence for a change, which an operator may have made. */
export const changeSentence = (facts: Facts): string =>
  facts.origin
    ? originSentence(facts)
    : say('An operator made this change on {day} at {time} UTC.', whenOf(facts))

/** Returns the sentence that says when something began that lasts. */
export const beganSentence = (facts: Facts): string => say('It began on {day} at {time} UTC.', whenOf(facts))

/** Returns the link to the page where users request a new password. `when` says for whom it is. */
export const newPassword = ({ forgotUrl }: Facts, when: string) => ({
  when,
  label: say('Choose a new password'),
  url: forgotUrl,
})

/** Returns the sentence that says how long a link is valid, and a code if there is one. */
export const validity = ({ code }: Facts): string =>
  code === undefined
    ? say('The link is valid for 60 minutes.')
    : say('The link is valid for 60 minutes, the code for 10 minutes.')

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Returns a duration in the largest unit of which it is a multiple. A day counts as 24 hours. */
export function durationOf(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds % size === 0 && seconds > size) ?? ['second', 1]
  const style = { style: 'unit', unit, unitDisplay: 'long', useGrouping: false } as const
  return new Intl.NumberFormat(currentLanguage(), style).format(seconds / length)
}

// The first one in a header counts: Edge and Opera also name Chrome, and Chrome names Safari.
const PROGRAMS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari', 'curl']
const SYSTEMS = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS X', 'Linux']
const NAMES: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' }

/**
 * Returns the program and the system that a `User-Agent` names. The mail shows nothing else of it. Anybody
 * can write this header, and a mail must not contain the text or the link of a stranger.
 */
function programOf(userAgent: string): { program?: string | undefined; system?: string | undefined } {
  const [program, system] = [PROGRAMS, SYSTEMS].map((names) => {
    const found = names.find((name) => userAgent.includes(name))
    return found === undefined ? undefined : (NAMES[found] ?? found)
  })
  return { program, system }
}
