import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startService } from '../deployment.ts'
import { startFaultyAws } from '../faulty-aws.ts'
import { deploy, deployFunction, deployment, emulator, ROOT, snapshot, succeeded } from '../stage.ts'

describe('deploying again', () => {
  let service: Awaited<ReturnType<typeof startService>>
  beforeAll(async () => {
    service = await startService(deployment, ['login'])
  })
  afterAll(() => service?.stop())

  test('changes nothing if nothing has changed', async () => {
    const before = await snapshot()
    const { status, stderr } = await deploy()
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('No changes to deploy. Deployment skipped.'),
    })
    expect(await snapshot()).toEqual(before)
  })

  test.each([
    ['at the upload of a function', (call: string) => /^PUT \S+\/refresh\.zip/.test(call)],
    [
      'at the creation of the change set',
      (_call: string, body: string) => body.includes('Action=CreateChangeSet'),
    ],
    [
      'at the execution of the change set',
      (_call: string, body: string) => body.includes('Action=ExecuteChangeSet'),
    ],
  ])('a deployment that fails %s leaves the running version as it is', async (_what, rejects) => {
    const before = await snapshot()
    const faulty = await startFaultyAws(emulator, rejects)
    const { status } = await deploy(['--param', 'tokenTtlSeconds=600'], faulty.url)
    faulty.stop()
    expect({ status, rejected: faulty.rejected() }).toEqual({ status: 1, rejected: 1 })
    expect(await snapshot()).toEqual(before)
    expect(await service.post('login', ROOT)).toMatchObject({
      statusCode: 200,
      body: { expiresIn: 1800 },
    })
  })

  test('a single function is deployed with the settings, role and log group that it has', async () => {
    const before = await snapshot()
    const { configuration } = await deployment.read('user-content')
    succeeded(await deployFunction('user-content', ['--force']))
    const after = await deployment.read('user-content')
    const { Role, LoggingConfig, Environment } = after.configuration
    expect({ Role, LoggingConfig, Environment }).toEqual({
      Role: configuration.Role,
      LoggingConfig: configuration.LoggingConfig,
      Environment: configuration.Environment,
    })
    expect(await snapshot()).toEqual(before)
  })

  test('a changed parameter reaches the functions, and the users remain', async () => {
    const before = await snapshot()
    succeeded(await deploy(['--param', 'tokenTtlSeconds=600']))
    const after = await snapshot()
    expect(after).toMatchObject({ items: before.items, keys: before.keys, code: before.code })
    expect(after.outputs).toMatchObject({ TokenTtlSeconds: '600' })
    const renewed = await startService(deployment, ['login'])
    expect(await renewed.post('login', ROOT)).toMatchObject({
      body: { expiresIn: 600 },
    })
    renewed.stop()
  })
})
