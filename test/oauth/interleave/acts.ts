import { PassThrough } from 'node:stream'
import { vi } from 'vitest'
import { writeIf } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import { type AddOptions, add } from '../../../scripts/clients/add.ts'
import * as clients from '../../../scripts/clients/changes.ts'
import * as users from '../../../scripts/users/changes.ts'
import { remove as removeUser } from '../../../scripts/users/remove.ts'
import { commandIo } from '../../security/interleave/commands.ts'
import { asOperator } from '../../support/users/users.ts'
import { CALLBACK } from '../clients.ts'
import {
  approve,
  askAsBrowser,
  type ClientId,
  exchange,
  type KnownCode,
  type KnownGrant,
  type OauthScene,
  PASSWORD,
  refresh,
  signIn,
} from './scene.ts'

/** What an operation reports. */
export interface Report {
  status?: number
  message?: string
  code?: KnownCode
  grant?: KnownGrant
  /** Whether an approval gave a code. */
  isIssued?: boolean
}

/** A kind of operation. */
export interface Act {
  /** What its write to the profile, the client or the app ends. */
  ends?: 'user' | 'shop' | 'app'
  /** The app that an approval with a click consents to. */
  consents?: ClientId
  /** Whether only time passes. Such operations run no code of the service. */
  isOfTime?: true
  run(scene: OauthScene, by: number): Promise<Report>
}

const approving = (client: ClientId, scope: string, isClicked = true): Act => ({
  ...(isClicked && { consents: client }),
  async run(scene, by) {
    const { status, isIssued } = await approve(scene, { client, scope, isClicked }, by)
    return { status, isIssued }
  },
})

const exchanging = (client: ClientId): Act => ({
  async run(scene) {
    const codes = scene.codes.filter((one) => one.client === client)
    if (codes.length === 0) return {}
    const code = scene.pick(codes)
    const { status } = await exchange(scene, code)
    return { status, code }
  },
})

const refreshing = (client: ClientId, which: 'last' | 'first' = 'last'): Act => ({
  async run(scene) {
    const grants = scene.grants.filter((one) => one.code.client === client)
    const grant = scene.pick(grants)
    const { status } = await refresh(scene, grant, grant.refreshTokens.at(which === 'last' ? -1 : 0))
    return { status, grant }
  },
})

const browsing = (
  route: Parameters<typeof askAsBrowser>[1],
  body: object = {},
  more: Pick<Act, 'ends'> = {},
): Act => ({
  ...more,
  run: async (scene) => ({ status: (await askAsBrowser(scene, route, body)).status }),
})

const commanding = (
  run: (table: ReturnType<typeof asOperator>, scene: OauthScene) => Promise<string>,
  ends?: Act['ends'],
): Act => ({
  ...(ends && { ends }),
  run: async (scene) => ({ message: await run(asOperator(scene.table), scene) }),
})

/** Lets time pass, and DynamoDB delete what has expired: it may do that days later. */
const expiring = (seconds: number, isDeleting = true): Act => ({
  isOfTime: true,
  async run({ table }) {
    vi.setSystemTime(Date.now() + seconds * 1_000)
    if (!isDeleting) return {}
    const now = { N: String(Math.floor(Date.now() / 1_000)) }
    for (const { pk, sk, expiresAt } of await allItems(table, 'Scan', { ConsistentRead: true })) {
      if (expiresAt === undefined || Number(Object(expiresAt).N) > Number(now.N)) continue
      await writeIf(table, 'DeleteItem', {
        Key: { pk, sk },
        ConditionExpression: 'expiresAt <= :now',
        ExpressionAttributeValues: { ':now': now },
      })
    }
    return { message: 'deleted' }
  },
})

/** Adds the client `shop`, as after its removal. */
async function addShop(table: ReturnType<typeof asOperator>, scene: OauthScene): Promise<string> {
  const stdout = new PassThrough()
  const scope = ['openid', 'profile', 'email', 'offline_access']
  const options: AddOptions = { type: 'web', redirectUri: [CALLBACK], postLogoutUri: [], scope, json: true }
  await add(table, 'shop', options, [], { now: () => new Date(), stdout, stderr: new PassThrough() })
  scene.secrets.shop = JSON.parse(String(stdout.read())).client_secret
  return 'added'
}

const DAY = 86_400

/** All kinds of operations. */
export const ACTS = {
  'approve web': approving('shop', 'openid offline_access'),
  'approve web quietly': approving('shop', 'openid', false),
  'approve native': approving('phone', 'openid'),
  'first approval': approving('news', 'openid'),
  'exchange web': exchanging('shop'),
  'exchange native': exchanging('phone'),
  'exchange of the first approval': exchanging('news'),
  'refresh web': refreshing('shop'),
  'refresh native': refreshing('phone'),
  'refresh native with a copied token': refreshing('phone', 'first'),
  'sign in again': { run: async (scene) => ({ status: (await signIn(scene)).status }) },
  'refresh session': browsing('refresh'),
  'sign out': browsing('logout'),
  'end session': browsing('end-session'),
  'remove access': browsing('revoke-app', {}, { ends: 'app' }),
  everywhere: browsing('logout', { everywhere: true }, { ends: 'user' }),
  password: browsing(
    'password',
    { currentPassword: PASSWORD, newPassword: 'a password by ada' },
    { ends: 'user' },
  ),
  'delete me': browsing('delete-me', { currentPassword: PASSWORD }, { ends: 'user' }),
  'disable user': commanding((table, { username }) => users.disable(table, username), 'user'),
  'enable user': commanding((table, { username }) => users.enable(table, username), 'user'),
  'remove user': commanding((table, { username }) => removeUser(table, username, true, commandIo()), 'user'),
  'disable client': commanding((table) => clients.disable(table, 'shop'), 'shop'),
  'enable client': commanding((table) => clients.enable(table, 'shop')),
  'end-grants': commanding((table) => clients.endAllGrants(table, 'shop'), 'shop'),
  'remove client': commanding((table) => clients.remove(table, 'shop', true, commandIo()), 'shop'),
  'add client': commanding(addShop),
  'a minute': expiring(61, false),
  'a day': expiring(DAY + 3_600),
  'eight days': expiring(8 * DAY),
  'forty days': expiring(40 * DAY),
  'forty days without a deletion': expiring(40 * DAY, false),
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

export const ACT_NAMES = Object.keys(ACTS) as ActName[]

const isOfTime = (name: ActName) => 'isOfTime' in ACTS[name]

/** All pairs of operations, but those in which only time passes. */
export const PAIRS = ACT_NAMES.flatMap((first, index) =>
  ACT_NAMES.slice(index)
    .filter((second) => !isOfTime(first) || !isOfTime(second))
    .map((second) => [first, second] as const),
)

/** Whether an operation ended with an error of the service or a refusal. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof ServiceError || error instanceof Refusal
