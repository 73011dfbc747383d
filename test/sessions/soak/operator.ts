import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../support/process/operator.ts'
import type { SoakUser } from './model.ts'
import type { Outcome } from './register.ts'
import { oneOf, type World } from './world.ts'

const ROLES = ['user', 'admin']

/** An operator, who uses `npm run users` on the same user. */
export function operator(world: World, user: SoakUser, endpoint: string) {
  async function command(args: string[], input = ''): Promise<Outcome> {
    const [name = '', ...more] = args
    const { status, stderr } = await run(
      [name, user.username, ...more, '--local', '--endpoint', endpoint],
      input,
    )
    world.count(`users ${name} ${status}`)
    if (status === 0) return 'done'
    if (status !== 3) world.violate(`${user.username}: users ${name} ends with ${status}: ${stderr}`)
    return 'unknown'
  }

  async function setRole(): Promise<void> {
    const role = oneOf(ROLES) ?? ''
    const write = () => command(['set-role', role])
    // Sessions continue with the new role.
    const because = 'the role was set'
    await user.role.change(role, () => user.revoke({ because, ends: () => false, write }))
  }

  async function setPassword(): Promise<void> {
    const password = randomUUID()
    const write = () => command(['set-password'], `${password}\n`)
    await user.password.change(password, async () => {
      const outcome = await user.revoke({ because: 'an operator set the password', write })
      if (outcome === 'done') user.buryOtherPasswords(password)
      return outcome
    })
  }

  async function disableForAWhile(): Promise<void> {
    const write = () => command(['disable'])
    await user.isDisabled.change(true, () => user.revoke({ because: 'disabled', write }))
    await sleep(randomInt(500))
    await enable()
  }

  async function enable(): Promise<void> {
    const write = () => command(['enable'])
    await user.isDisabled.change(false, () => user.revoke({ because: 'enabled', write }))
  }

  async function endSessions(): Promise<void> {
    const write = () => command(['end-sessions'])
    await user.revoke({ because: 'an operator ended all sessions', write })
  }

  const act = () => (oneOf([setRole, setPassword, disableForAWhile, endSessions]) ?? setRole)()
  return { act, enable, setPassword }
}
