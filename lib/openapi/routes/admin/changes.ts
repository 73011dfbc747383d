import { ATTRIBUTES } from '../../../application/attributes.ts'
import { FIRST_ROLE, ROLES } from '../../../application/roles.ts'
import {
  AttributesChange,
  Invitation,
  NamesChange,
  RoleChange,
  UserPatch,
} from '../../../http/schemas/admin.ts'
import type { ProblemName } from '../../problems/problems.ts'
import type { Route } from '../../route.ts'
import { ada, inPath } from '../examples.ts'
import { ADMIN_ROUTE, OPERATOR } from './common.ts'

const id = inPath('id', 'The user id.', ada.sub)

/** The header with the version of the user whom the page shows. */
const MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The `ETag` of `GET /admin-api/users/{id}`. If the user has another version, nothing changes.',
  schema: { type: 'string' },
  example: '"5IqoBhtxYxy6Ht9fOwxNQA"',
}

/** Problems of each change by an operator, and of each change of a user. */
const CHANGING: ProblemName[] = [
  'invalid_token',
  'no_permission',
  'other_session',
  'session_changed',
  'too_many_mails',
]
const OF_USER: ProblemName[] = [...CHANGING, 'own_account', 'no_such_user', 'changed_meanwhile']

const isDanger = ({ method, path }: Pick<Route, 'method' | 'path'>): boolean =>
  method === 'put' || method === 'delete' || path.endsWith('/factors/reset')

/** Returns the row of a change of a user. */
const changeOf = ({ problems = [], ...row }: Omit<Route, 'function'>): Route => ({
  ...ADMIN_ROUTE,
  function: row.method === 'patch' || row.method === 'post' ? 'admin-change' : 'admin-danger',
  ...row,
  parameters: [OPERATOR, MATCH, id, ...(row.parameters ?? [])],
  problems: [...OF_USER, isDanger(row) ? 'danger_sign_in' : 'work_sign_in', ...problems],
})

const done = { description: 'The user is as requested.' }
const attribute = Object.keys(ATTRIBUTES)[0]

/** The routes of the console's API that change users. What is so already is not written. */
export const ADMIN_CHANGE_ROUTES: Route[] = [
  changeOf({
    method: 'patch',
    path: '/admin-api/users/{id}',
    operationId: 'disableUser',
    summary: 'Disable or enable a user',
    description: 'Disabling a user ends all sessions, and revokes all access tokens.',
    body: {
      name: 'UserPatch',
      description: 'Whether the user is disabled.',
      schema: UserPatch,
      examples: { disable: { summary: 'Disable', value: { disabled: true } } },
    },
    response: done,
  }),
  changeOf({
    method: 'post',
    path: '/admin-api/users/{id}/sessions/end',
    operationId: 'endSessionsOfUser',
    summary: 'End all sessions of a user',
    description: 'Ends all sessions, and revokes all access tokens.',
    response: { description: 'All sessions have ended.' },
  }),
  changeOf({
    method: 'post',
    path: '/admin-api/users/{id}/sessions/{sid}/end',
    operationId: 'endSessionOfUser',
    summary: 'End a session of a user',
    description: 'Ends a session, and the grants of apps that began in it.',
    parameters: [inPath('sid', 'The id of the session.', 'x0jjQbjBWCYzNQ7PHnNUMg')],
    response: { description: 'The session has ended.' },
    problems: ['not_found'],
  }),
  changeOf({
    method: 'post',
    path: '/admin-api/users/{id}/grants/{gid}/end',
    operationId: 'removeAppOfUser',
    needs: ['console', 'oauth'],
    summary: 'Remove the access of an app to the account of a user',
    parameters: [inPath('gid', 'The id of the app, in a path.', 'notes')],
    response: { description: 'The app has no access.' },
    problems: ['not_found'],
  }),
  changeOf({
    method: 'post',
    path: '/admin-api/users/{id}/reset',
    operationId: 'resetPasswordOfUser',
    needs: ['console', 'mail'],
    summary: 'Send a user a link for a new password',
    description:
      'The link goes to the address of the user, and is valid for 60 minutes. If the role or a name of the user changes before the mail is sent, no mail is sent. An address gets at most 10 mails of this API in an hour.',
    response: { description: 'The mail is on its way.' },
    problems: ['cannot_sign_in', 'no_address'],
  }),
  changeOf({
    method: 'post',
    path: '/admin-api/users/{id}/factors/reset',
    operationId: 'resetFactorsOfUser',
    needs: ['console', 'mail'],
    summary: 'Announce to a user that the second factors will be removed',
    description:
      'After the delay, the next sign-in with the password removes the second factors. Until then the user can cancel that with a link. A user who gets another role keeps them. An operator may request 20 in a day.',
    response: { description: 'The mail is on its way, or the user has no second factor.' },
    problems: ['no_verified_address'],
  }),
  changeOf({
    method: 'put',
    path: '/admin-api/users/{id}/role',
    operationId: 'setRole',
    summary: 'Change the role of a user',
    description: 'Revokes all access tokens. Sessions stay.',
    body: {
      name: 'RoleChange',
      description: 'The new role.',
      schema: RoleChange,
      examples: { role: { summary: 'A role', value: { role: ROLES.at(-1) } } },
    },
    response: done,
  }),
  changeOf({
    method: 'put',
    path: '/admin-api/users/{id}/names',
    operationId: 'setNames',
    summary: 'Change the username and the address of a user',
    description:
      'Revokes all access tokens. Without `email`, the user has no address, unless the username is one. A new address is not verified. The user gets a mail at the address from before.',
    body: {
      name: 'NamesChange',
      description: 'Both login names of the user.',
      schema: NamesChange,
      examples: { both: { summary: 'Both', value: { username: 'ada', email: 'ada@example.org' } } },
    },
    response: done,
  }),
  changeOf({
    method: 'put',
    path: '/admin-api/users/{id}/attributes',
    operationId: 'setAttributes',
    summary: 'Set attributes of a user',
    description: 'Attributes that the body does not name stay. `null` sets the default.',
    body: {
      name: 'AttributesChange',
      description: 'Values of attributes that the application defines.',
      schema: AttributesChange,
      examples: {
        some: { summary: 'The default', value: attribute === undefined ? {} : { [attribute]: null } },
      },
    },
    response: done,
  }),
  {
    ...ADMIN_ROUTE,
    method: 'put',
    path: '/admin-api/invitations',
    function: 'admin-danger',
    operationId: 'invite',
    needs: ['console', 'invitations'],
    summary: 'Send an invitation to register',
    description:
      'The invitation is valid for 7 days, and cannot be withdrawn. So its role has no permissions: change the role of the new user instead.',
    parameters: [OPERATOR],
    body: {
      name: 'Invitation',
      description: 'The address of the new user, and the role.',
      schema: Invitation,
      examples: { user: { summary: 'A user', value: { email: 'bob@example.org', role: FIRST_ROLE } } },
    },
    response: { status: 202, description: 'The mail is on its way.' },
    problems: [...CHANGING, 'danger_sign_in', 'invited_rights'],
  },
  changeOf({
    method: 'delete',
    path: '/admin-api/users/{id}',
    operationId: 'deleteUser',
    summary: 'Delete the account of a user',
    description: 'This cannot be undone. The user gets a mail.',
    response: { description: 'The account was deleted.' },
  }),
  changeOf({
    method: 'delete',
    path: '/admin-api/users/{id}/factors',
    operationId: 'removeFactorsOfUser',
    summary: 'Remove the second factors of a user at once',
    description: 'Ends all sessions, and revokes all access tokens. The user gets a mail.',
    response: { description: 'The user has no second factor.' },
  }),
]
