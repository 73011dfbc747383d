import { FIRST_ROLE } from '../lib/application/roles.ts'
import { type FactorPolicy, needsFactor } from '../lib/users/factors.ts'
import { commandLine } from '../project/commands.ts'
import { IS_PACKAGE } from '../project/origin.ts'
import { DEMO_USERS } from './aws.ts'

/** How services differ. */
interface Features {
  /** Name of the service. */
  service: string
  hasPages: boolean
  hasMail: boolean
  hasOAuth: boolean
  requireSecondFactor: FactorPolicy
  /** Path of its certificate, which no client knows, if it listens on https. */
  certificate?: string | undefined
}

/** Returns what `npm start` prints when the service is ready. */
export function banner(url: string, dynamoDb: URL, features: Features): string {
  const { service, hasPages, hasMail, hasOAuth, requireSecondFactor, certificate } = features
  const pages = [
    ...(hasPages ? [`  Sign-in page  ${url}/signin`, `  API page      ${url}/docs`] : []),
    ...(hasMail ? [`  Mailbox       ${url}/mailbox`] : []),
  ]
  const [trust, trustOfNode] = certificate
    ? [` --cacert ${certificate}`, `NODE_EXTRA_CA_CERTS=${certificate} `]
    : ['', '']
  const app = `\n    ${trustOfNode}SERVICE=${url} node examples/oidc-server/server.js  # an app that signs in here`
  const users = DEMO_USERS.map(({ username }) => `${username} (password ${username})`).join(', ')
  return `
  ${service} is running at ${url}
${pages.length > 0 ? `\n${pages.join('\n')}\n` : ''}
  Demo users, on this machine only: ${users}${enrolment(requireSecondFactor)}
  The table is in memory, at ${dynamoDb.origin}
  Manage its users with: ${command('list')}

  Try it:
    curl${trust} ${url}/login -H 'Content-Type: application/json' -d '{"username":"${FIRST_ROLE}","password":"${FIRST_ROLE}"}'${hasOAuth && !IS_PACKAGE ? app : ''}

  Handlers reload as you save. Ctrl+C stops the service.
`
}

/** The demo users have no address, so those who must have a second factor need the code of an operator. */
function enrolment(policy: FactorPolicy): string {
  const [first, ...others] = DEMO_USERS.filter((user) => needsFactor(user, policy)).map(
    ({ username }) => username,
  )
  if (first === undefined) return ''
  const names = [first, ...others].join(' and ')
  return `\n  With requireSecondFactor=${policy}, the first sign-in of ${names} needs a code, which this prints:\n    ${command(`start-enrolment ${first}`)}`
}

const command = (text: string) => commandLine('users', `${text} --local`)
