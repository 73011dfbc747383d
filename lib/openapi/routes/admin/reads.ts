import { FIRST_ROLE } from '../../../application/roles.ts'
import { json } from '../../json-schema.ts'
import type { ProblemName } from '../../problems/problems.ts'
import type { Route } from '../../route.ts'
import { schemaRef } from '../../schemas.ts'
import { ada, afterPage, inPath } from '../examples.ts'
import { ADMIN_ROUTE, adminRef, OPERATOR } from './common.ts'

const time = '2026-11-24T15:00:00.000Z'
const found = {
  id: ada.sub,
  username: ada.username,
  email: ada.email,
  role: FIRST_ROLE,
  disabled: false,
}
const id = inPath('id', 'The user id.', ada.sub)

/** Problems of each route that an operator reads. */
const READING: ProblemName[] = [
  'invalid_token',
  'no_permission',
  'work_sign_in',
  'other_session',
  'session_changed',
  'too_many_mails',
]
const OF_USER: ProblemName[] = [...READING, 'own_account', 'no_such_user']

const inQuery = (name: string, description: string, example: string) => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
  example,
})

/** The routes of the console's API that show users. */
export const ADMIN_READ_ROUTES: Route[] = (
  [
    {
      path: '/admin-api/users',
      operationId: 'findUsers',
      summary: 'Find users',
      description:
        'Returns the user with exactly this name or id first, and then those whose username or address begins so. Administrators get 25 users of all roles, and may leave `name` out. Others give at least 3 characters, and get at most 10 users whom they may help, without a next page. An event has the ids of these users, and not the search. 60 searches an hour are allowed.',
      parameters: [
        OPERATOR,
        inQuery('name', 'Beginning of a username or address, or a whole id.', ada.email),
        inQuery('role', 'Only users of this role. For administrators.', FIRST_ROLE),
        afterPage(ada.username),
      ],
      response: {
        description: 'The users. A page may have fewer although there is a next one.',
        content: json(adminRef('FoundUsers'), { users: [found] }),
      },
      problems: ['invalid_fields', ...READING],
    },
    {
      path: '/admin-api/users/{id}',
      operationId: 'getUser',
      summary: 'Get a user',
      description:
        'Returns an account, and what decides whether its user can sign in. The first read of a day by an operator leaves an event that the user sees. The header `ETag` is the version of the user, for `If-Match` of a change.',
      parameters: [OPERATOR, id],
      response: {
        description: 'The user.',
        headers: { ETag: 'UserVersion' },
        content: json(adminRef('AdministeredUser'), {
          ...found,
          emailVerified: true,
          factors: ['totp'],
          createdAt: time,
          changedAt: time,
          identities: [{ provider: 'google', label: ada.email, createdAt: time, lastUsedAt: time }],
          signIn: { last: { at: time }, wrongPasswords: 3, factorReset: { announcedAt: time } },
        }),
      },
      problems: OF_USER,
    },
    {
      path: '/admin-api/users/{id}/sessions',
      operationId: 'listSessionsOfUser',
      summary: 'List the sessions of a user',
      description:
        'Returns sessions that have not ended, the newest first, at most 100 in one response. If the response has `next`, there may be more.',
      parameters: [OPERATOR, id, afterPage('6924c4c0AbCdEfGhIjKlMnOpQrStUw')],
      response: {
        description: 'The sessions that have not ended.',
        content: json(adminRef('SessionsOfUser'), {
          sessions: [
            {
              id: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
              createdAt: time,
              lastUsedAt: time,
              expiresAt: '2026-12-01T15:00:00.000Z',
              sourceIp: '203.0.113.7',
              userAgent: 'curl/8.14.1',
            },
          ],
        }),
      },
      problems: ['invalid_fields', ...OF_USER],
    },
    {
      path: '/admin-api/users/{id}/grants',
      operationId: 'listAppsOfUser',
      summary: 'List the apps of a user',
      description: 'Returns the apps that have access to an account, sorted by name.',
      parameters: [OPERATOR, id],
      response: { description: 'The apps.', content: json(schemaRef('Apps')) },
      problems: OF_USER,
    },
    {
      path: '/admin-api/users/{id}/events',
      operationId: 'listEventsOfUser',
      summary: 'List what happened to an account',
      description:
        'Returns what the user sees at `GET /me/events`. Without the permission `sessions:read`, no event has `sourceIp` and `userAgent`.',
      parameters: [
        OPERATOR,
        id,
        afterPage('MjAyNi0xMS0yNFQxNTowMDowMC4wMDBaI0FiQ2RFZkdoSWpLbE1uT3BRclN0VXc'),
      ],
      response: { description: 'What happened.', content: json(schemaRef('Events')) },
      problems: ['invalid_fields', ...OF_USER],
    },
  ] as const
).map((row) => ({ ...ADMIN_ROUTE, method: 'get', function: 'admin-read', ...row }) as unknown as Route)
