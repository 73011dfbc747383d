import { randomInt, randomUUID } from 'node:crypto'
import type { SoakUser } from './model.ts'
import type { Outcome } from './register.ts'
import { oneOf, outcomeOf, type World } from './world.ts'

/** The user, who changes the password and signs out everywhere. */
export function owner(world: World, user: SoakUser) {
  async function changePassword(): Promise<void> {
    const session = oneOf(user.sessions)
    if (session === undefined) return
    const newPassword = randomUUID()
    await user.password.change(newPassword, async () => {
      const currentPassword = oneOf([...user.password.possible()].filter((one) => one !== newPassword)) ?? ''
      const because = 'the password was changed'
      const ends = ({ id }: { id: string }) => id !== session.id
      const outcome = await user.revoke({
        because,
        ends,
        write: () => put(session, currentPassword, newPassword),
      })
      if (outcome === 'done') user.buryOtherPasswords(newPassword, session)
      return outcome
    })
  }

  async function put({ authToken }: { authToken: string }, currentPassword: string, newPassword: string) {
    const isSure = user.password.possible().size === 2
    const asking = { token: authToken, body: { currentPassword, newPassword } }
    const response = await world.ask(user, 'password', asking, [204, 401, 409, 422])
    if (response.status === 422 && isSure) world.violate(`${user.username}: the current password is refused`)
    // A change whose response was lost and that another one overtook is a conflict too.
    return response.status === 409 ? 'unknown' : outcomeOf(response)
  }

  async function signOutEverywhere(): Promise<void> {
    const session = oneOf(user.sessions)
    if (session === undefined) return
    const { refreshToken, state, endings } = session
    // The response is the same when the session had ended. Then the others live on.
    const write = async (isAlone: () => boolean): Promise<Outcome> => {
      const asking = { body: { refreshToken, everywhere: true } }
      const outcome = outcomeOf(await world.ask(user, 'logout', asking, [204]))
      const wasLive = state === 'live' && session.endings === endings && isAlone()
      return outcome === 'done' && !wasLive ? 'unknown' : outcome
    }
    await user.revoke({ because: 'signed out everywhere', write })
  }

  return () => (randomInt(2) === 0 ? changePassword() : signOutEverywhere())
}
