import { test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { bomb } from './mail-bomb.ts'

test('1,020 requests for one address, by each route and spelling, send three mails', async () => {
  recordLogs()
  await bomb(1_020)
})
