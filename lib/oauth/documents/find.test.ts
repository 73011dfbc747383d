import { expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { testAt } from '../../../test/support/users/users.ts'
import type { AwsCall } from '../../aws/client.ts'
import { documentOf } from './find.ts'
import { dropDocument, findDocument, storeDocument, timesOf } from './store.ts'

const { table } = await useTable()
const now = new Date()
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const document = { name: 'Test app', redirectUris: ['https://app.test/callback'], ...timesOf(now) }
const fetched = { ...document, name: 'Renamed' }

let count = 0
const newUrl = () => {
  count += 1
  return `https://app.test/${count}.json`
}

/** Asks for a document, whose fetcher returns a result. */
async function ask(url: string, result: object, at = now) {
  const invocations: object[] = []
  const aws: AwsCall = async (service, operation, input) => {
    if (service !== 'invocation') return table.aws(service, operation, input)
    invocations.push(input)
    return result as Record<string, unknown>
  }
  const config = { CLIENT_FETCHER: 'fetcher' }
  const asked = documentOf({ ...testAt({ ...table, aws }, at), config }, { url, userId: 'user' })
  const outcome = await asked.catch(({ code, error, detail, message }) => ({ code, error, detail, message }))
  return { outcome, invocations }
}

const refused = (error: string, detail: string) =>
  expect.objectContaining({ code: 'malformed_body', error, detail })
const GONE = refused('unreachable_document', 'The metadata document of the app could not be fetched.')
const FAULT = refused(
  'invalid_document',
  'The metadata document of the app cannot be used. It must not have a client_secret.',
)
const FAILED = expect.objectContaining({ code: 'unavailable', message: 'the fetcher of documents failed' })

test.each<[what: string, result: object, first: unknown, stale?: unknown]>([
  ['a document', { document: fetched }, fetched],
  ['a fault', { fault: 'It must not have a client_secret.' }, FAULT],
  ['no response of the host', { isUnreachable: true }, GONE, document],
  ['no document at the host', { isGone: true }, GONE],
  ['an error of the function', { errorType: 'Error', errorMessage: 'document' }, FAILED],
])(
  'the result %s decides, and a stale document is used in an outage',
  async (_what, result, first, stale = first) => {
    const url = newUrl()
    expect(await ask(url, result)).toEqual({ outcome: first, invocations: [{ url, userId: 'user' }] })
    await storeDocument(table, url, document)
    expect(await ask(url, result, later(3_599))).toEqual({ outcome: document, invocations: [] })
    expect(await ask(url, result, later(3_600))).toEqual({
      outcome: stale,
      invocations: [{ url, userId: 'user' }],
    })
  },
)

test('a document is in the cache for a day, or until it is dropped', async () => {
  const url = newUrl()
  await storeDocument(table, url, document)
  expect(await findDocument(table, url, later(86_399))).toEqual(document)
  expect(await findDocument(table, url, later(86_400))).toBeUndefined()
  expect(await findDocument(table, `${url}?`, now)).toBeUndefined()
  await dropDocument(table, url, now)
  expect(await findDocument(table, url, now)).toBeUndefined()
})
