import { disable as disableClient, remove as removeClient } from '../../../scripts/clients/changes.ts'
import { cookieOf, OWN_PAGE } from '../../support/http/cookies.ts'
import { sessionIdOf } from '../../support/http/routes.ts'
import { run } from '../../support/process/operator.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  totpCode,
} from '../../support/users/factors.ts'
import { codeIn } from '../../support/users/mails.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { asOperator } from '../../support/users/users.ts'
import { addIdentity, identityFor, removeIdentity } from './identities.ts'
import { APPS, type App, type Scene, type Whose } from './scene.ts'

// Every change of a user that ends tokens or could, made by the route or the command that makes it.

/** A change, and whose tokens a row of the table speaks of. */
interface Change {
  ways: Record<string, (scene: Scene) => Promise<unknown>>
  of?: readonly Whose[]
  apps?: readonly App[]
  /** Whether its user has a second factor before. */
  hasFactor?: boolean
}

const NEW_PASSWORD = 'another password for tests'
const currentPassword = PASSWORD
const ALL_APPS = Object.keys(APPS) as App[]

/** Runs a command of an operator on the user. */
const command =
  (name: string, { after = [], input = '' }: { after?: string[]; input?: string } = {}) =>
  async ({ service, username }: Pick<Scene, 'service' | 'username'>): Promise<void> => {
    const target = ['--local', '--endpoint', service.aws.settings.endpoints.dynamodb.origin]
    const { status, stderr } = await run([name, username, ...after, ...target], input)
    if (status !== 0) throw new Error(stderr)
  }

/** Sends a request with the access token of the session that makes the change. */
async function ask(
  scene: Scene,
  route: string,
  { status, ...asking }: { status: number; body?: object; id?: string },
) {
  const body = bodyOf(
    await scene.service.functions.ask(route, { token: scene.this.authToken, ...asking }),
    status,
  )
  await scene.service.settled()
  return body
}

/** Returns the proof in the newest mail to an address. */
function proofIn({ service }: Scene, to: string, mailId: string | undefined) {
  const mail = service.aws.mailbox.list().find((one) => one.to === to)
  if (mail === undefined) throw new Error(`there is no mail to ${to}`)
  return { mailId, code: codeIn(mail) }
}

async function changeAddress(scene: Scene): Promise<void> {
  const email = `new-${scene.username}@example.org`
  const { mailId } = await ask(scene, 'PUT /email', { status: 202, body: { currentPassword, email } })
  await ask(scene, 'POST /email/confirm', { status: 204, body: proofIn(scene, email, mailId) })
}

async function resetPassword(scene: Scene): Promise<void> {
  const { functions } = scene.service
  const asked = await functions.ask('POST /password/forgot', { body: { login: scene.username } })
  await scene.service.settled()
  const body = { ...proofIn(scene, scene.email, bodyOf(asked, 202).mailId), password: NEW_PASSWORD }
  bodyOf(await functions.ask('POST /password/reset', { body }), 204)
}

async function enrol({ service, username }: Scene): Promise<void> {
  const { ask } = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
  const enrolmentToken = await beginLogin({ ask }, username)
  await service.proveEnrolments(username, [enrolmentToken])
  const { secret = '' } = bodyOf(await ask('POST /enrolment/totp', { body: { enrolmentToken } }))
  bodyOf(await ask('POST /enrolment/totp/confirm', { body: { enrolmentToken, code: totpCode(secret) } }))
}

async function awaitReset({ service, username, userId }: Scene): Promise<void> {
  await service.storeReset(userId, Date.now() / 1000 - 90_000)
  bodyOf(await enterPassword(service.functions, username))
}

const signOut = (scene: Scene, more: object = {}) => {
  const headers = { ...OWN_PAGE, ...cookieOf(scene.this.cookie) }
  return scene.service.functions.ask('POST /logout', { headers, body: more })
}

const operators = ({ service }: Scene) => asOperator(service.table)
// The prompts of commands are not reached, because these are confirmed.
const io = { now: () => new Date() } as Parameters<typeof removeClient>[3]

/** The changes of a password, a factor or the sessions of a user, which one session survives. */
const surviving = (
  change: Pick<Change, 'ways' | 'hasFactor'>,
  here: string,
  elsewhere: Change['ways'] = {},
) =>
  ({
    [here]: { ...change, of: ['this'] },
    [here.replace(/, for .*/, ', for other sessions')]: {
      ...change,
      ways: { ...change.ways, ...elsewhere },
      of: ['other'],
    },
  }) satisfies Record<string, Change>

export const CHANGES: Record<string, Change> = {
  'Another role': { ways: { 'set-role': command('set-role', { after: ['admin'] }) } },
  'Another username': {
    ways: { rename: (scene) => command('rename', { after: [`new-${scene.username}`] })(scene) },
  },
  'Another address by a user with a password': { ways: { 'POST /email/confirm': changeAddress } },
  'Another address, or none, by an operator': {
    ways: {
      'set-email': (scene) => command('set-email', { after: [`other-${scene.username}@example.org`] })(scene),
      'set-email --remove': command('set-email', { after: ['--remove'] }),
    },
  },
  'An attribute with `revokes`': { ways: { set: command('set', { after: ['plan=pro'] }) } },
  'Another attribute': { ways: { set: command('set', { after: ['colour=blue'] }) } },
  ...surviving(
    {
      ways: {
        'PUT /password': (scene) =>
          ask(scene, 'PUT /password', { status: 204, body: { currentPassword, newPassword: NEW_PASSWORD } }),
      },
    },
    'New password by the user, for the session that sets it',
  ),
  'New password by an operator or a reset': {
    ways: {
      'set-password': command('set-password', { input: `${NEW_PASSWORD}\n` }),
      'POST /password/reset': resetPassword,
    },
  },
  ...surviving(
    {
      ways: {
        'POST /factors/totp/confirm': ({ service, this: { authToken } }) =>
          addTotp(service.functions, authToken),
        'POST /passkeys': ({ service, this: { authToken } }) => addPasskey(service.functions, authToken),
      },
    },
    'First second factor, for the session that adds it',
    { 'POST /enrolment/totp/confirm': enrol },
  ),
  ...surviving(
    {
      hasFactor: true,
      ways: {
        'DELETE /factors/totp': (scene) =>
          ask(scene, 'DELETE /factors/totp', { status: 204, body: { currentPassword } }),
        'DELETE /identities/{id}': removeIdentity,
      },
    },
    'Second factor or identity removed by the user, for the session that removes it',
  ),
  'Second factors or an identity removed by an operator': {
    hasFactor: true,
    ways: {
      'reset-factors --without-notice': command('reset-factors', { after: ['--without-notice'] }),
      'reset-factors, after its delay': awaitReset,
      unlink: async (scene) => command('unlink', { after: [await identityFor(scene)] })(scene),
    },
  },
  'One more second factor or identity, or new recovery codes': {
    hasFactor: true,
    ways: {
      'POST /passkeys': ({ service, this: { authToken } }) => addPasskey(service.functions, authToken),
      'POST /factors/recovery-codes': (scene) =>
        ask(scene, 'POST /factors/recovery-codes', { status: 200, body: { currentPassword } }),
      'POST /identities': addIdentity,
    },
  },
  'Disabled, also if enabled again': {
    ways: {
      disable: command('disable'),
      'disable and enable': async (scene) => {
        await command('disable')(scene)
        await command('enable')(scene)
      },
    },
  },
  'Removed, by the user or an operator': {
    ways: {
      'DELETE /me': (scene) => ask(scene, 'DELETE /me', { status: 204, body: { currentPassword } }),
      remove: command('remove', { after: ['--yes'] }),
    },
  },
  'All sessions ended, by the user or an operator': {
    ways: {
      'POST /logout, everywhere': (scene) => signOut(scene, { everywhere: true }),
      'end-sessions': command('end-sessions'),
    },
  },
  'Sign-out, for an app without `offline_access`': {
    ways: { 'POST /logout': (scene) => signOut(scene) },
    of: ['this'],
    apps: ['online'],
  },
  'Sign-out, for an app with `offline_access`': {
    ways: { 'POST /logout': (scene) => signOut(scene) },
    of: ['this'],
    apps: ['offline'],
  },
  'A session ended by `DELETE /sessions/{id}`': {
    ways: {
      'DELETE /sessions/{id}': (scene) =>
        ask(scene, 'DELETE /sessions/{id}', { status: 204, id: sessionIdOf(scene.other.cookie) }),
    },
    of: ['other'],
  },
  'Access of the app removed by the user': {
    ways: { 'DELETE /apps/{id}': (scene) => ask(scene, 'DELETE /apps/{id}', { status: 204, id: 'shop' }) },
  },
  'Client disabled or removed by an operator': {
    ways: {
      disable: (scene) => disableClient(operators(scene), 'shop'),
      remove: (scene) => removeClient(operators(scene), 'shop', true, io),
    },
  },
}

/** Whose tokens a row speaks of. */
export const ownersOf = ({ of = ['this', 'other'] }: Change): readonly Whose[] => of

/** Which grants a row speaks of. */
export const appsOf = ({ apps = ALL_APPS }: Change): readonly App[] => apps
