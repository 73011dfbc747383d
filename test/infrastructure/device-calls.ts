import type { Table } from '../../lib/aws/dynamodb.ts'
import { AMR } from '../../lib/users/factors.ts'
import { newDevice, registration, renewal } from '../devices/key.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { addCaller, PASSWORD, type Run } from './factor-calls.ts'

/**
 * Makes `device` do all that it can do to AWS, and other functions all that they do for a bound session: it is bound and renewed, and used
 * with its device and without.
 */
export async function runDevices(run: Run, table: Table): Promise<void> {
  await addCaller(run, table, { username: 'dia' }, AMR.password)
  const device = newDevice()
  const ask = async (functionKey: string, sample: string, headers: Record<string, string>, body = '{}') =>
    Object(
      await run(functionKey, { ...sampleEvent(sample), body, ...withHeaders({ ...OWN_PAGE, ...headers }) }),
    )

  const credentials = JSON.stringify({ username: 'dia', password: PASSWORD, session: 'cookie' })
  const { headers } = await ask('login', 'login', {}, credentials)
  const [, asked = ''] = /challenge="([^"]+)"/.exec(headers['Secure-Session-Registration']) ?? []
  const refreshToken = refreshTokenIn(headers)
  const cookie = cookieOf(refreshToken)
  const bind = { ...cookie, 'Secure-Session-Response': registration(device, asked) }
  const bound = await ask('device', 'POST /sessions/bind', bind)
  const [challenge = ''] = /[\w-]{22}/.exec(bound.headers['Secure-Session-Challenge']) ?? []
  const [shown = ''] = /__Host-bound=[^;]+/.exec(bound.headers['Set-Cookie']) ?? []
  const renew = {
    ...cookie,
    'Sec-Secure-Session-Id': device.id,
    'Secure-Session-Response': renewal(device, challenge),
  }
  await ask('device', 'POST /sessions/renew', renew)
  await ask('refresh', 'refresh', cookie)
  await ask('login', 'login', { Cookie: `${cookie.Cookie}; ${shown}` }, credentials)
}
