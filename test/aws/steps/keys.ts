import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REGION } from '../account.ts'
import { STACK, startService } from '../deployment.ts'
import { verifyByPython } from '../operator.ts'
import {
  claimsOf,
  deploy,
  deployment,
  FUNCTIONS,
  kidOf,
  operator,
  PARAMETERS,
  ROOT,
  snapshot,
  succeeded,
} from '../stage.ts'

type Service = Awaited<ReturnType<typeof startService>>

describe('npm run keys -- --stage prod', () => {
  const keys = (...args: string[]) => operator.npmRun(['keys', '--', '--stage', 'prod', ...args])
  const status = async () => JSON.parse((await keys('status', '--json')).stdout)
  const signIn = async (running: Service) => (await running.post('login', ROOT)).body
  const published = async (running: Service) => (await running.jwks()).body
  const kidsOf = ({ keys }: { keys: { kid: string }[] }) => keys.map(({ kid }) => kid)

  /** Functions that start before the turnover. They keep the keys and settings of that time. */
  let warm: Service
  let old: { authToken: string; refreshToken: string }
  let oldKeys: { keys: { kid: string }[] }

  beforeAll(async () => {
    warm = await startService(deployment, FUNCTIONS)
    old = await signIn(warm)
    oldKeys = await published(warm)
    await warm.authorize(old.authToken)
  })
  afterAll(() => warm?.stop())

  test('status reports that key a signs and that key b has never signed', async () => {
    expect(kidOf(old.authToken)).toBe(oldKeys.keys[0]?.kid)
    expect(await status()).toMatchObject({
      stage: 'prod',
      region: REGION,
      signingKey: 'a',
      otherKey: 'coming',
    })
  })

  test('while key b signs, all functions accept tokens of both keys', async () => {
    succeeded(await deploy(['--param', 'signingKey=b']))
    const fresh = await startService(deployment, FUNCTIONS)
    const { authToken } = await signIn(fresh)
    expect(kidOf(authToken)).toBe(oldKeys.keys[1]?.kid)
    expect(kidsOf(await published(fresh))).toEqual(kidsOf(oldKeys))
    for (const running of [warm, fresh]) {
      for (const token of [old.authToken, authToken, (await signIn(warm)).authToken]) {
        expect(await running.authorize(token)).toMatchObject({ context: { username: 'root' } })
      }
    }
    const given = {
      token: authToken,
      jwks: oldKeys,
      issuer: await deployment.issuer(),
      audience: `${STACK}-api`,
    }
    expect(verifyByPython(given)).toEqual({ claims: claimsOf(authToken) })
    fresh.stop()
  })

  test('an ordinary deployment leaves key b signing', async () => {
    succeeded(await deploy(['--param', 'tokenTtlSeconds=900']))
    expect(await deployment.outputs()).toMatchObject({ SigningKey: 'b', TokenTtlSeconds: '900' })
    expect(await status()).toMatchObject({ signingKey: 'b', otherKey: 'going', next: { do: 'wait' } })
  })

  test('turn-over then replaces key a, which ends the tokens that it signed', async () => {
    const before = await snapshot()
    const outcome = await keys('turn-over', '--at-once', '--', ...PARAMETERS)
    succeeded(outcome)
    expect(outcome.stdout).toMatch(/^Done: key b signs, and a new key a is published\./)
    expect(await status()).toMatchObject({ signingKey: 'b', otherKey: 'coming', tokenTtlSeconds: 900 })
    const after = await snapshot()
    expect(after.items).toEqual(before.items)
    expect(after.keys[1]).toBe(before.keys[1])
    expect(after.keys[0]).not.toBe(before.keys[0])

    const fresh = await startService(deployment, FUNCTIONS)
    const [a = '', b = ''] = kidsOf(await published(fresh))
    expect(b).toBe(oldKeys.keys[1]?.kid)
    expect(kidsOf(oldKeys)).not.toContain(a)
    await expect(fresh.authorize(old.authToken)).rejects.toThrow(/^Unauthorized$/)
    const { body } = await fresh.post('refresh', { refreshToken: old.refreshToken })
    expect(kidOf(body.authToken)).toBe(b)
    for (const running of [warm, fresh]) {
      expect(await running.authorize(body.authToken)).toMatchObject({ context: { username: 'root' } })
    }
    fresh.stop()
  })
})
