import { expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { countRequest, SEARCHES } from './limits.ts'

const { table } = await useTable()
const now = new Date('2026-11-24T15:00:00.400Z')
const at = (seconds = 0) => ({ table, now: new Date(now.getTime() + seconds * 1_000) })
const refused = (kind: string, userId: string) => ({
  code: 'too_many_mails',
  event: 'admin.limited',
  retryAfterSeconds: 3_600,
  log: { userId, limit: kind },
})

test('a limit is that of one operator and of one kind of request', async () => {
  const limit = { attempts: 2, windowSeconds: 3_600 }
  const read = (userId: string, seconds?: number) => countRequest(at(seconds), userId, 'reads', limit)
  await read('ada')
  await read('ada')
  await expect(read('ada')).rejects.toMatchObject(refused('reads', 'ada'))
  await read('bob')
  await countRequest(at(), 'ada', 'searches', limit)
  await read('ada', 3_600)
})

test('the 61st search of an hour is refused', async () => {
  const search = () => countRequest(at(), 'eve', 'searches', SEARCHES)
  for (let count = 0; count < 60; count += 1) await search()
  await expect(search()).rejects.toMatchObject(refused('searches', 'eve'))
})
