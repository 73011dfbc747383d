import { expect, inject, test } from 'vitest'
import { mailsTo, type SentMail, sendForAll, sendJson, tokenInLink } from '../support/http/http.ts'

const url = inject('serviceUrl')
const PASSWORD = 'correct horse battery staple'

const request = (method: string) => (path: string, body: object, token?: string) =>
  sendJson(`${url}${path}`, method, body, token === undefined ? {} : { Authorization: `Bearer ${token}` })
const [post, put, del] = [request('POST'), request('PUT'), request('DELETE')]

test('a person registers, forgets the password and deletes the account, and scanners open every link', async () => {
  const address = 'Walker@Example.org'
  expect((await post('/register', { email: address })).status).toBe(202)
  const [confirmation] = (await mailsAt(address, 1)) as [SentMail]
  expect(await scan()).toBeGreaterThanOrEqual(1)
  const token = tokenInLink(confirmation)
  const registered = await post('/register/confirm', { token, password: PASSWORD, username: 'walker' })
  expect(registered.status).toBe(200)

  expect((await post('/password/forgot', { login: 'walker@example.org' })).status).toBe(202)
  const [reset] = (await mailsAt(address, 2)) as [SentMail]
  expect(await scan()).toBeGreaterThanOrEqual(2)
  const password = `${PASSWORD}, again`
  const done = await post('/password/reset', { token: tokenInLink(reset), password })
  expect(done.status).toBe(204)
  await mailsAt(address, 3)

  const { body } = await post('/login', { username: 'walker', password })
  const change = { email: 'Walker@Example.com', currentPassword: password }
  expect((await put('/email', change, body.authToken)).status).toBe(202)
  const [moved] = (await mailsAt(change.email, 1)) as [SentMail]
  // Those of the notices too.
  expect(await scan()).toBeGreaterThanOrEqual(4)
  const proof = { token: tokenInLink(moved) }
  expect((await post('/email/confirm', proof)).status).toBe(401)
  expect((await post('/email/confirm', proof, body.authToken)).status).toBe(204)

  const again = await post('/login', { username: 'walker@example.com', password })
  const deletion = { currentPassword: password }
  expect((await del('/me', deletion, again.body.authToken)).status).toBe(204)
  // The proof, the sign-in with a name that is new to its source, and the deletion.
  const subjects = (await mailsAt(change.email, 3)).map(({ subject }) => subject)
  expect(subjects[0]).toBe('Your account at serverless-jwt-auth was deleted')
  expect((await post('/login', { username: 'walker', password })).status).toBe(401)
})

const mailsAt = (address: string, count: number) => mailsTo(url, address, count)

/** Opens every URL in every mail as mail scanners do, by GET and HEAD, ten times each. Returns their number. */
async function scan(): Promise<number> {
  const { body } = await sendForAll(`${url}/mailbox.json`, 'GET')
  const texts = JSON.parse(body).flatMap(({ text, html }: SentMail) => [text, html.replaceAll('&amp;', '&')])
  const urls = new Set(texts.flatMap((text: string) => text.match(/https?:\/\/[^\s"<]+/g) ?? []))
  for (const one of urls) {
    for (let time = 1; time <= 10; time += 1) {
      for (const method of ['GET', 'HEAD']) await sendForAll(String(one), method)
    }
  }
  return urls.size
}
