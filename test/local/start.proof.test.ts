import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { get, tokenOf, UNAUTHORIZED } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'

const preload = new URL('./login-an-hour-ago.ts', import.meta.url)
const service = await useLocalService({ options: [`--import=${preload}`] })

test('a content function does not run without a token, or with a forged or expired one', async () => {
  const { url, output } = service
  const expired = await Promise.all(['user', 'admin'].map((username) => tokenOf(url, username)))
  for (const token of expired) expect(Number(decodeJwt(token).exp) * 1000).toBeLessThan(Date.now())
  const forged = expired.map((token) => {
    const payload = { ...decodeJwt(token), exp: Math.floor(Date.now() / 1000) + 600 }
    return token.replace(/\..*\./, `.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`)
  })
  for (const token of [undefined, 'user', 'a.b.c', ...forged, ...expired]) {
    expect(await get(`${url}/`, token)).toEqual(UNAUTHORIZED)
    expect(await get(`${url}/admin`, token)).toEqual(UNAUTHORIZED)
  }
  const refusals = () => output().match(/(?<= 401 \d+ ms token\.refused: )(expired|the signature .*)$/gm)
  await expect.poll(refusals).toHaveLength(8)
  expect(refusals()?.sort()).toEqual([
    ...Array(4).fill('expired'),
    ...Array(4).fill('the signature does not verify'),
  ])
  const started = output().match(/(?<=^started the thread of ).*/gm)
  expect(new Set(started)).toEqual(new Set(['login', 'authorizer']))
})
