import { DEMO_USERS } from './aws.ts'
import { DYNAMODB_PORT } from './ports.ts'

/** What a service has that others may lack. */
interface Features {
  hasPages: boolean
  hasMail: boolean
}

/** Returns what `npm start` prints when the service is ready. */
export function banner(url: string, dynamoDb: URL, { hasPages, hasMail }: Features): string {
  const pages = [
    ...(hasPages ? [`  Sign-in page  ${url}/signin`, `  API page      ${url}/docs`] : []),
    ...(hasMail ? [`  Mailbox       ${url}/mailbox`] : []),
  ]
  const users = DEMO_USERS.map(({ username }) => `${username} (password ${username})`).join(' and ')
  return `
  serverless-jwt-auth is running at ${url}
${pages.length > 0 ? `\n${pages.join('\n')}\n` : ''}
  Demo users, on this machine only: ${users}
  The table is in memory, at ${dynamoDb.origin}${otherPort(dynamoDb)}

  Try it:
    curl ${url}/login -H 'Content-Type: application/json' -d '{"username":"user","password":"user"}'

  Handlers reload as you save. Ctrl+C stops the service.
`
}

/** A store that another program has on the usual port must not be changed by mistake. */
const otherPort = ({ origin, port }: URL) =>
  Number(port) === DYNAMODB_PORT
    ? ''
    : `\n  Port ${DYNAMODB_PORT} was taken, so this service's table is at another port. Manage its users with:\n    npm run users -- … --local --endpoint ${origin}`
