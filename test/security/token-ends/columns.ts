import {
  type App,
  type AppTokens,
  asksUserInfo,
  expiryOf,
  gatewayOf,
  type Held,
  refreshGrant,
  refreshSession,
  type Scene,
  type Whose,
} from './scene.ts'

type Gateway = ReturnType<typeof gatewayOf>

/** A kind of token at a place: how a session's or an app's token is used there. Each use returns whether it was accepted. */
type Column = { kind: 'access' | 'refresh' } & (
  | { ofSession: (scene: Scene, gateway: Gateway, held: Held) => Promise<boolean> }
  | { ofApp: (scene: Scene, gateway: Gateway, tokens: AppTokens) => Promise<boolean> }
)

export const COLUMNS: Record<string, Column> = {
  'Access token, at your routes': {
    kind: 'access',
    ofSession: (_scene, gateway, { authToken }) => gateway.ofUser(authToken),
  },
  'Access token, at `/userinfo`': {
    kind: 'access',
    ofSession: (scene, _gateway, { authToken }) => asksUserInfo(scene, authToken),
  },
  'Token of an app, at your routes with scopes': {
    kind: 'access',
    ofApp: (_scene, gateway, { access_token }) => gateway.ofClient(access_token),
  },
  'Token of an app, at `/userinfo`': {
    kind: 'access',
    ofApp: (scene, _gateway, { access_token }) => asksUserInfo(scene, access_token),
  },
  'Refresh token': { kind: 'refresh', ofSession: (scene, _gateway, held) => refreshSession(scene, held) },
  'Refresh token of an app': {
    kind: 'refresh',
    ofApp: (scene, _gateway, tokens) => refreshGrant(scene, tokens),
  },
}

/** When a token is accepted, as a cell says it. */
interface Accepted {
  /** Right after the change. */
  atOnce: boolean
  /** Until the gateway's cache ends, and from then on. */
  cached: boolean
  later: boolean
}

/** What the cells of a kind may say. Access tokens end at the latest with their `exp`. */
export const CELLS: Record<Column['kind'], Record<string, Accepted>> = {
  access: {
    'at once': { atOnce: false, cached: false, later: false },
    '60 seconds': { atOnce: true, cached: true, later: false },
    'at its end': { atOnce: true, cached: true, later: true },
  },
  refresh: {
    'at once': { atOnce: false, cached: false, later: false },
    stays: { atOnce: true, cached: true, later: true },
  },
}

/** One use of a token, and when the table says that it is accepted. */
export interface Use {
  what: string
  kind: Column['kind']
  accepted: Accepted
  /** Returns whether the token is accepted now. */
  use: () => Promise<boolean>
  /** Returns whether the newest access token of the same session or app is accepted. */
  renewed: () => Promise<boolean>
  /** Second since the epoch; of an access token. */
  expiresAt: number
}

/**
 * Returns all uses of tokens that a row of the table speaks of.
 *
 * @param cells - Of the row, in the order of {@link COLUMNS}.
 */
export function usesIn(
  scene: Scene,
  { owners, apps }: { owners: readonly Whose[]; apps: readonly App[] },
  cells: readonly string[],
): Use[] {
  const gateway = gatewayOf(scene)
  return Object.entries(COLUMNS).flatMap(([name, column], index): Use[] => {
    const { kind } = column
    const accepted = CELLS[kind][cells[index] ?? '']
    if (accepted === undefined) throw new Error(`${name}: unknown cell ${cells[index]}`)
    const common = { kind, accepted }
    return owners.flatMap((whose): Use[] => {
      const held = scene[whose]
      if ('ofSession' in column) {
        const { ofSession } = column
        // A refresh changes what the browser has, but not which access token a thief has.
        const used = kind === 'access' ? { ...held } : held
        const use = () => ofSession(scene, gateway, used)
        const renewed = () => gateway.ofUser(held.authToken)
        return [{ ...common, what: `${name} (${whose})`, use, renewed, expiresAt: expiryOf(held.authToken) }]
      }
      return apps.map((app) => {
        const tokens = held.apps[app]
        const used = kind === 'access' ? { ...tokens } : tokens
        const use = () => column.ofApp(scene, gateway, used)
        const renewed = () => asksUserInfo(scene, tokens.access_token)
        const expiresAt = expiryOf(tokens.access_token)
        return { ...common, what: `${name} (${whose}, ${app})`, use, renewed, expiresAt }
      })
    })
  })
}
