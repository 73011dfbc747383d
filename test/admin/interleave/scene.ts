import { vi } from 'vitest'
import type { User } from '../../../lib/users/user.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { addWithFactors, beginInCookie, consoleHeaders, type Named, nameAll } from '../console.ts'

/** An administrator who has the console open. */
export interface Caller {
  user: User
  /** The headers of the console's requests. */
  headers: Record<string, string>
  /** The same user as the console of another administrator names it. */
  named: Named
}

/** Users of one schedule: two administrators, and ada, whom the console shows. */
export interface AdminScene extends Scene {
  functions: Functions
  root: Caller
  boss: Caller
  ada: Named
}

/** Adds the users. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
  functions: Functions,
): Promise<(options: SceneOptions) => Promise<AdminScene>> {
  const { table } = service
  const ada = await nameAll(service, await addWithFactors(service, { username: 'ada' }))
  const openConsole = async (username: string): Promise<Caller> => {
    const user = await addWithFactors(service, { username, role: 'admin' })
    const headers = consoleHeaders(await beginInCookie(service, user), user.id)
    return { user, headers, named: { ...ada, target: user } }
  }
  const [root, boss] = [await openConsole('root'), await openConsole('boss')]
  const restore = await keepState(table)
  const now = Date.now()
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, functions, root, boss, ada, ...options }
  }
}
