import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { breakOff, breakOffMidway, type Reply, say, stayMute } from '../../test/support/aws/fake-aws.ts'
import { RANGE, rangeWith, splitHash, startBreaches } from '../../test/support/http/fake-breaches.ts'
import { fieldError } from '../../test/support/http/problems.ts'
import { isBreached, rejectBreached } from './breached.ts'

const PASSWORD = 'correct horse battery staple'
const { prefix, suffix } = splitHash(PASSWORD)
const PADDING = `${'0'.repeat(35)}:0\r\n`

const rejection = {
  code: 'invalid_fields',
  event: 'request.refused',
  message: 'the new password is from a data breach',
  fields: [fieldError('#/newPassword', 'Must not be a password from a known data breach.')],
}

test.each(['1', '2', '10', '52579'])('a password found %s times is rejected', async (count) => {
  const { api } = await startBreaches(rangeWith(PASSWORD, count))
  await expect(check(api)).rejects.toMatchObject(rejection)
})

test.each([
  ['is not in its range', RANGE],
  ['is in its range as padding', rangeWith(PASSWORD, 0)],
  [
    'shares all of its hash but the last digit',
    RANGE.replace(/^.{35}/, `${suffix.slice(0, -1)}${suffix.endsWith('0') ? 1 : 0}`),
  ],
])('a password that %s is accepted', async (_what, range) => {
  const { api } = await startBreaches(range)
  expect(await check(api)).toEqual([])
})

/** Returns a range of a size that lists the password. */
const rangeOf = (bytes: number) => `${PADDING.repeat(6_000)}${suffix}:`.padEnd(bytes, '7')

test.each([
  ['with a line break at the end', `${rangeWith(PASSWORD, 7)}\r\n`],
  ['with other line breaks', rangeWith(PASSWORD, 7).replaceAll('\r\n', '\n')],
  ['with one row', `${suffix}:7`],
  ['of 256 KiB', rangeOf(262_144)],
])('a range %s is read', async (_what, range) => {
  const { api } = await startBreaches(range)
  expect(await isBreached(PASSWORD, api)).toBe(true)
})

test('one GET request has five digits of the hash, asks for padding, and nothing else', async () => {
  const { api, received, connections } = await startBreaches(RANGE)
  await check(api)
  expect(received).toEqual([
    {
      method: 'GET',
      url: `/range/${prefix}`,
      headers: {
        host: api.host,
        connection: 'close',
        'user-agent': 'serverless-jwt-auth',
        'add-padding': 'true',
      },
      body: '',
    },
  ])
  expect(connections()).toBe(1)
})

test('the hash is the SHA-1 of the UTF-8 password, as the API documents it', async () => {
  // The example of https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange is P@ssw0rd.
  const { api, received } = await startBreaches('2DC183F740EE76F27B78EB39C8AD972A757:1')
  expect(await isBreached('P@ssw0rd', api)).toBe(true)
  expect(received).toMatchObject([{ url: '/range/21BD1' }])
  const emoji = await startBreaches(rangeWith('🙂'.repeat(15), 1))
  expect(await isBreached('🙂'.repeat(15), emoji.api)).toBe(true)
})

test('without an API nothing is sent or logged', async () => {
  expect(await check(undefined)).toEqual([])
})

const tooLarge: Reply = (response) => {
  response.writeHead(200)
  // It never ends by itself.
  const fill = () => {
    while (response.write(PADDING.repeat(1_000)));
    response.once('drain', fill)
  }
  fill()
}

test.each<[string, Reply | string, string]>([
  ['a server error', say(500, rangeWith(PASSWORD, 3)), 'status 500'],
  ['an unavailable service', say(503, ''), 'status 503'],
  ['a rate limit', say(429, rangeWith(PASSWORD, 3)), 'status 429'],
  ['a redirection', (to) => to.writeHead(302, { Location: '/range/00000' }).end(), 'status 302'],
  ['an empty response', '', 'unreadable response'],
  ['a page', '<!doctype html><title>Maintenance</title>', 'unreadable response'],
  ['a row that was cut off', rangeWith(PASSWORD, 3).slice(0, -2), 'unreadable response'],
  ['a row too short', `${RANGE}\r\n${suffix.slice(1)}:3`, 'unreadable response'],
  ['a row too long', `0${suffix}:3\r\n${RANGE}`, 'unreadable response'],
  ['a row in lower case', `${RANGE}\r\n${suffix.toLowerCase()}:3`, 'unreadable response'],
  ['an empty row', `${RANGE}\r\n\r\n${suffix}:3`, 'unreadable response'],
  ['a broken connection', breakOff, 'ECONNRESET'],
  ['a connection that breaks in the response', breakOffMidway, 'ECONNRESET'],
  ['a response that is not HTTP', (to) => to.socket?.end('SSH-2.0-OpenSSH_9.9\r\n'), 'HPE_INVALID_CONSTANT'],
  ['a range over 256 KiB', rangeOf(262_145), 'response too large'],
  ['a response without end', tooLarge, 'response too large'],
])('%s lets the password pass after one try, and is logged', async (_what, reply, reason) => {
  const { api, received } = await startBreaches(reply, rangeWith(PASSWORD, 3))
  expect(await check(api)).toEqual(unchecked(reason))
  expect(received).toHaveLength(1)
})

test('a response without end is read up to its limit, and its connection is closed', async () => {
  let sent = 0
  let closed: Promise<unknown> | undefined
  const { api } = await startBreaches((response) => {
    const { socket } = response
    closed = once(response, 'close').then(() => {
      sent = socket?.bytesWritten ?? 0
    })
    tooLarge(response)
  })
  expect(await check(api)).toEqual(unchecked('response too large'))
  await closed
  // What the sockets of both sides hold comes in addition.
  expect(sent).toBeLessThan(16_000_000)
})

test.each([
  ['no API that listens', 'http://127.0.0.1:9/', 'ECONNREFUSED'],
  ['no such name', 'http://breaches.invalid/', expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)],
])('%s lets the password pass, and is logged', async (_what, url, reason) => {
  expect(await check(new URL(url))).toEqual(unchecked(reason))
})

test('an https URL is called over TLS', async () => {
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      firstBytes.push(...chunk.subarray(0, 2))
      socket.destroy()
    })
    socket.on('error', () => {})
  })
  const firstBytes: number[] = []
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  expect(await check(new URL(`https://127.0.0.1:${port}/`))).toEqual(unchecked('ECONNRESET'))
  // A handshake record of TLS (RFC 8446 section 5.1).
  expect(firstBytes).toEqual([0x16, 0x03])
})

/** Runs a check under a clock that only moves by hand. Returns it with the moment at which the server replies. */
async function underClock(reply: Reply) {
  let answered: () => void
  const replied = new Promise<void>((resolve) => {
    answered = resolve
  })
  const { api, received } = await startBreaches((response) => {
    reply(response)
    answered()
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isOver = false
  const checked = check(api).finally(() => {
    isOver = true
  })
  await replied
  return { checked, received, isOver: () => isOver }
}

test.each<[string, Reply]>([
  ['never comes', stayMute],
  ['has begun', (response) => response.writeHead(200).write(`${RANGE}\r\n`)],
])('a response that %s within 500 ms lets the password pass', async (_what, reply) => {
  const { checked, received, isOver } = await underClock(reply)
  await vi.advanceTimersByTimeAsync(499)
  expect(isOver()).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await checked).toEqual(unchecked('no response in time'))
  expect(received).toHaveLength(1)
})

test.each([RANGE, '', breakOff])('no timer is left when the check is over', async (reply) => {
  const { api } = await startBreaches(reply)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await check(api)
  expect(vi.getTimerCount()).toBe(0)
})

/** Checks the password, and returns what was logged. */
async function check(api: URL | undefined, password = PASSWORD) {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  onTestFinished(() => warn.mockRestore())
  await rejectBreached(password, '#/newPassword', { BREACHED_PASSWORDS: api })
  return warn.mock.calls.flat()
}

const unchecked = (reason: string) => [{ event: 'breached.unchecked', reason }]
