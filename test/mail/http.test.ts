import { expect, inject, test } from 'vitest'
import { send, sendForAll } from '../support/http.ts'

const url = inject('serviceUrl')
const JSON_TYPE = { 'Content-Type': 'application/json' }
const PASSWORD = 'correct horse battery staple'

const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const response = await send(`${url}${path}`, 'POST', { ...JSON_TYPE, ...headers }, JSON.stringify(body))
  return { ...response, body: response.body === '' ? undefined : JSON.parse(response.body) }
}

interface Mail {
  to: string
  subject: string
  text: string
  html: string
  link: string
}

/** Returns the mails to an address, the newest first, when there are so many. */
async function mailsTo(address: string, count: number): Promise<Mail[]> {
  let mails: Mail[] = []
  await expect
    .poll(async () => {
      const { body } = await sendForAll(`${url}/mailbox.json`, 'GET')
      mails = JSON.parse(body).filter(({ to }: Mail) => to === address)
      return mails.length
    })
    .toBe(count)
  return mails
}

/** Opens every URL in every mail as mail scanners do, by GET and HEAD, ten times each. Returns their number. */
async function scan(): Promise<number> {
  const { body } = await sendForAll(`${url}/mailbox.json`, 'GET')
  const texts = JSON.parse(body).flatMap(({ text, html }: Mail) => [text, html.replaceAll('&amp;', '&')])
  const urls = new Set(texts.flatMap((text: string) => text.match(/https?:\/\/[^\s"<]+/g) ?? []))
  for (const one of urls) {
    for (let time = 1; time <= 10; time += 1) {
      for (const method of ['GET', 'HEAD']) await sendForAll(String(one), method)
    }
  }
  return urls.size
}

test('a person registers, forgets the password and deletes the account, and scanners open every link', async () => {
  const address = 'Walker@Example.org'
  expect((await post('/register', { email: address })).status).toBe(202)
  const [confirmation] = (await mailsTo(address, 1)) as [Mail]
  expect(await scan()).toBeGreaterThanOrEqual(1)
  const token = confirmation.link.replace(/^.*=/, '')
  const registered = await post('/register/confirm', { token, password: PASSWORD, username: 'walker' })
  expect(registered.status).toBe(200)

  expect((await post('/password/forgot', { login: 'walker@example.org' })).status).toBe(202)
  const [reset] = (await mailsTo(address, 2)) as [Mail]
  expect(await scan()).toBeGreaterThanOrEqual(2)
  const password = `${PASSWORD}, again`
  const done = await post('/password/reset', { token: reset.link.replace(/^.*=/, ''), password })
  expect(done.status).toBe(204)
  await mailsTo(address, 3)

  const { body } = await post('/login', { username: 'walker', password })
  const headers = { ...JSON_TYPE, Authorization: `Bearer ${body.authToken}` }
  const change = { email: 'Walker@Example.com', currentPassword: password }
  expect((await send(`${url}/email`, 'PUT', headers, JSON.stringify(change))).status).toBe(202)
  const [moved] = (await mailsTo(change.email, 1)) as [Mail]
  // Those of the notices too.
  expect(await scan()).toBeGreaterThanOrEqual(4)
  const proof = { token: moved.link.replace(/^.*=/, '') }
  expect((await post('/email/confirm', proof)).status).toBe(401)
  expect((await post('/email/confirm', proof, headers)).status).toBe(204)

  const again = await post('/login', { username: 'walker@example.com', password })
  const authorization = { ...JSON_TYPE, Authorization: `Bearer ${again.body.authToken}` }
  const deletion = JSON.stringify({ currentPassword: password })
  expect((await send(`${url}/me`, 'DELETE', authorization, deletion)).status).toBe(204)
  // The proof, the sign-in with a name that is new to its source, and the deletion.
  const subjects = (await mailsTo(change.email, 3)).map(({ subject }) => subject)
  expect(subjects[0]).toBe('Your account at serverless-jwt-auth was deleted')
  expect((await post('/login', { username: 'walker', password })).status).toBe(401)
})
