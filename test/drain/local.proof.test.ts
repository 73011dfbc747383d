import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { usersCommand } from '../../scripts/users/command.ts'
import { beginInProcess } from '../support/process/command.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { temporaryFolder } from '../support/process/operator.ts'
import { sendJson, startFarEnd } from './far-end.ts'

const farEnd = await startFarEnd()

test('the local service asks an endpoint on this machine once, and then never again', async () => {
  farEnd.respond = (response, { body }) =>
    sendJson(response, { correct: body.password === 'old horse', id: '42' })
  const service = await useLocalService({ params: { passwordsUrl: `${farEnd.url}/verify` } })
  const file = join(temporaryFolder(), 'users.jsonl')
  writeFileSync(file, JSON.stringify({ username: 'ada', externalId: '42', passwordFrom: 'ada@old.example' }))
  const args = ['import', file, '--passwords-from', 'url', '--role', 'user', '--local']
  const { outcome } = beginInProcess(usersCommand, [...args, '--endpoint', service.dynamoDbUrl])
  expect(await outcome).toMatchObject({ status: 0 })

  const login = (password: string) =>
    fetch(`${service.url}/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username: 'ada', password }),
    }).then(({ status }) => status)
  expect(await login('another horse')).toBe(401)
  expect(await login('old horse')).toBe(200)
  expect(await login('old horse')).toBe(200)
  expect(farEnd.received).toMatchObject([
    { path: '/verify', headers: { authorization: 'Bearer local' }, body: { password: 'another horse' } },
    { body: { id: '42', username: 'ada@old.example', password: 'old horse' } },
  ])
})
