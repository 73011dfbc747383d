import { expect, inject, test } from 'vitest'
import { sendJson, tokenOf } from '../support/http.ts'

const url = inject('serviceUrl')

interface Operation {
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> }
}

/** Returns the routes that take JSON, each with a body of the API description. */
async function routesWithJson() {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => {
      const content = requestBody?.content['application/json']
      const [example] = Object.values(content?.examples ?? {})
      return content ? [{ path, method: method.toUpperCase(), body: example?.value ?? {} }] : []
    }),
  )
}

test('no route takes attributes', async () => {
  const routes = await routesWithJson()
  const headers = {
    Authorization: `Bearer ${await tokenOf(url, 'user')}`,
    Origin: url,
    'Sec-Fetch-Site': 'same-origin',
  }
  for (const { path, method, body } of routes) {
    const given = { ...body, attributes: { plan: 'pro' } }
    const response = await sendJson(`${url}${path.replace('{id}', 'x')}`, method, given, headers)
    expect({ path, status: response.status, body: response.body }).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '#', detail: 'Unknown fields are not allowed.' }] },
    })
  }
  console.log(`${routes.length} routes`)
  expect(routes.length).toBeGreaterThan(20)
})
