import { isLine } from '../../lib/line.ts'
import { isClientUrl } from '../../lib/oauth/clients/url-client.ts'
import { LOGIN_NAME } from '../../lib/users/login-name.ts'

/** Accepts origins as browsers send them (RFC 6454 section 6.2): they are compared with a page's origin as text. */
export function origins(text: string): void {
  if (text === '' || text === '*') return
  for (const origin of text.split(',')) {
    const isOrigin = /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin
    if (!isOrigin || origin.includes('*')) {
      throw new Error(
        'must be *, or origins such as https://app.example.com, separated by commas, with nothing after the host or port',
      )
    }
  }
}

/**
 * Reports whether a text is a list of https origins as browsers write them.
 *
 * @param localHosts - Hosts of the developer's machine, which need no certificate.
 */
export const areSecureOrigins = (text: string, localHosts: readonly string[]): boolean =>
  text.split(',').every((origin) => {
    if (!URL.canParse(origin)) return false
    const { protocol, hostname, origin: normal } = new URL(origin)
    const isSecure = protocol === 'https:' || (protocol === 'http:' && localHosts.includes(hostname))
    return isSecure && normal === origin
  })

/** Accepts an e-mail address. */
export function sender(text: string): void {
  if (!text.includes('@') || !LOGIN_NAME.test(text)) {
    throw new Error('must be an e-mail address, such as no-reply@example.org')
  }
}

/** Short enough for one line of a page at 360 pixels, and of a list of mails. */
const LONGEST_NAME_BYTES = 40

/** Accepts a name of one line. */
export function shortName(text: string): void {
  if (text === '' || !isLine(text) || Buffer.byteLength(text) > LONGEST_NAME_BYTES) {
    throw new Error(`must be 1 to ${LONGEST_NAME_BYTES} bytes of text in one line`)
  }
}

/** Accepts domains in lower case, with commas between them. */
export function domains(text: string): void {
  if (text === '') return
  for (const domain of text.split(',')) {
    if (!LOGIN_NAME.test(`a@${domain}`) || domain !== domain.toLowerCase()) {
      throw new Error('must be domains in lower case, such as example.org,example.com')
    }
  }
}

/** Accepts hosts as a client id has them: they are compared as text. */
export function documentHosts(text: string): void {
  if (text === '' || text === '*') return
  for (const host of text.split(',')) {
    if (!isClientUrl(`https://${host}/a`) || host.includes('/')) {
      throw new Error('must be *, or hosts in lower case such as claude.ai,vscode.dev')
    }
  }
}

/** Accepts the ARN of a topic. */
export function topic(text: string): void {
  if (text !== '' && !/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(text)) {
    throw new Error('must be the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:123456789012:alarms')
  }
}
