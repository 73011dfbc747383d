import { setInterval } from 'node:timers/promises'
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKS } from '../../../scripts/smoke/checks/checks.ts'
import { OAUTH_CHECKS } from '../../../scripts/smoke/checks/oauth.ts'
import { findTarget } from '../../../scripts/smoke/target.ts'
import { PREFIX, startService } from '../deployment.ts'
import { startGateway } from '../gateway.ts'
import { awsEnvironment } from '../operator.ts'
import { deployment, emulator, FUNCTIONS, operator, SENDER, snapshot } from '../stage.ts'
import { verifySender } from '../verify-sender.ts'

const STREAM = {
  logGroupName: `/aws/lambda/${PREFIX}-functions`,
  logStreamName: `2026/11/28/${PREFIX}-login[$LATEST]0`,
}

/** How often Lambda looks for an event of the mailer. */
const PAUSE_MS = 100

/** Runs the mailer on each event from now on, as Lambda does: moto keeps events and runs nothing. */
async function startMailer() {
  const kept = async (): Promise<{ event: object }[]> => {
    const response = await fetch(`${emulator}/moto-api/data.json`)
    return Object(await response.json()).invocations
  }
  const mailer = await deployment.start('mailer')
  const stopping = new AbortController()
  let delivered = (await kept()).length
  const deliver = async () => {
    for await (const _ of setInterval(PAUSE_MS, undefined, { signal: stopping.signal })) {
      for (const { event } of (await kept()).slice(delivered)) {
        await mailer.invoke(event)
        delivered += 1
      }
    }
  }
  const ended = deliver().catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
  return {
    async stop() {
      stopping.abort()
      await ended
      mailer.stop()
    },
  }
}

/** The stage has `oauth=off`. */
const SKIPPED = Object.keys(OAUTH_CHECKS)

describe('npm run smoke -- --stage prod', () => {
  const logs = new CloudWatchLogsClient(deployment.options)
  let service: Awaited<ReturnType<typeof startService>>
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let mails: Awaited<ReturnType<typeof startMailer>>
  let logged = 0

  /** Sends to CloudWatch Logs what `login` has logged since the last time, as Lambda does. */
  async function deliverLogs() {
    const message = service.logs(['login']).slice(logged)
    logged += message.length
    if (message === '') return
    const logEvents = [{ timestamp: Date.now(), message }]
    await logs.send(new PutLogEventsCommand({ ...STREAM, logEvents }))
  }

  beforeAll(async () => {
    service = await startService(deployment, FUNCTIONS)
    gateway = await startGateway(service, deployment, deliverLogs)
    await logs.send(new CreateLogStreamCommand(STREAM))
    await verifySender(emulator, SENDER)
    mails = await startMailer()
  })
  afterAll(async () => {
    await mails?.stop()
    gateway?.stop()
    service?.stop()
  })

  const smoke = () => operator.npmRun(['smoke', '--', '--stage', 'prod', '--url', gateway.url])

  test('takes the address from the stack', async () => {
    const { url } = await findTarget(
      { stage: 'prod' },
      { env: awsEnvironment(emulator), now: () => new Date() },
      [],
    )
    expect(url).toBe((await deployment.outputs()).ServiceEndpoint)
  })

  test('passes all checks on the deployed functions and removes its user', async () => {
    const before = await snapshot()
    const { status, stdout, stderr } = await smoke()
    const failed = stdout.match(/^failed .*$/gm)
    expect({ status, stderr, failed }).toEqual({ status: 0, stderr: '', failed: null })
    const passed = [...stdout.matchAll(/^ok +\d+ ms {2}(.*)$/gm)].map(([, name]) => name)
    expect(passed).toEqual(Object.keys(CHECKS).filter((name) => !SKIPPED.includes(name)))
    expect(stdout).toMatch(/^skipped +new client: the service has oauth=off$/m)
    const items = (await snapshot()).items as { pk: { S: string } }[]
    // DEPLOYING.md says what is left: login tokens, challenges and counters by source, which expire.
    const isUser = ({ pk }: { pk: { S: string } }) => !/^(source|challenge|login|mail|recipient)#/.test(pk.S)
    expect(items.filter(isUser)).toEqual((before.items as typeof items).filter(isUser))
  })

  test('fails if the log has argon2.fallback', async () => {
    const logEvents = [{ timestamp: Date.now(), message: '{"message":{"event":"argon2.fallback"}}' }]
    await logs.send(new PutLogEventsCommand({ ...STREAM, logEvents }))
    const { status, stdout, stderr } = await smoke()
    const failed = stdout.match(/^failed .*$/gm)
    expect({ status, stderr, failed }).toEqual({
      status: 1,
      stderr: `1 of ${Object.keys(CHECKS).length} checks failed. ${SKIPPED.length} skipped.\n`,
      failed: [expect.stringMatching(/^failed +\d+ ms {2}native argon2: .* got argon2\.fallback in /)],
    })
  })
})
