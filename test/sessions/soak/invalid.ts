import type { InvalidToken, SoakUser } from './model.ts'
import { oneOf, type World } from './world.ts'

/** Presents an invalid token again. */
export async function presentInvalidToken(world: World, user: SoakUser): Promise<void> {
  const token = oneOf(user.invalid)
  if (token !== undefined) await expectInvalid(world, user, token)
}

export async function expectInvalid(world: World, user: SoakUser, token: InvalidToken) {
  const { status } =
    'authToken' in token
      ? await world.ask(user, 'user-content', { token: token.authToken }, [200, 401])
      : await world.ask(user, 'refresh', { body: { refreshToken: token.refreshToken } }, [200, 401])
  const what = 'authToken' in token ? 'an access token' : 'a session'
  world.count(`${what} presented that must be invalid`)
  if (status === 200) world.violate(`${user.username}: ${what} is valid again (${token.because})`)
}
