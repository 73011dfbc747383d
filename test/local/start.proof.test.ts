import { decodeJwt } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { get, tokenOf, UNAUTHORIZED, withOtherSignature } from '../support/http.ts'
import { startService } from '../support/service.ts'

const preload = new URL('./login-an-hour-ago.ts', import.meta.url)
const service = await startService({}, [`--import=${preload}`])
afterAll(() => service.stop())

test('a content function does not run without a token, or with a forged or expired one', async () => {
  const { url, output } = service
  const expired = await Promise.all(['user', 'admin'].map((username) => tokenOf(url, username)))
  for (const token of expired) expect(Number(decodeJwt(token).exp) * 1000).toBeLessThan(Date.now())
  const forged = expired.map(withOtherSignature)
  for (const token of [undefined, 'user', 'a.b.c', ...forged, ...expired]) {
    expect(await get(`${url}/`, token)).toEqual(UNAUTHORIZED)
    expect(await get(`${url}/admin`, token)).toEqual(UNAUTHORIZED)
  }
  await expect.poll(() => output().match(/^GET \/\w* 401 \d+ ms token\.refused: expired$/gm)).toHaveLength(4)
  const started = output().match(/(?<=^started the thread of ).*/gm)
  expect(new Set(started)).toEqual(new Set(['login', 'authorizer']))
})
