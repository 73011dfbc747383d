import { expect } from 'vitest'
import { sendJson, tokenOf } from '../support/http/http.ts'

interface Operation {
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> }
}

/** Returns the routes of a service that take JSON, each with a body of the API description. */
async function routesWithJson(url: string) {
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

/** Sends members to every route that takes JSON, as a demo user, and expects that each refuses them. Returns the number of routes. */
export async function expectRefused(url: string, username: string, members: object): Promise<number> {
  const routes = await routesWithJson(url)
  const headers = {
    Authorization: `Bearer ${await tokenOf(url, username)}`,
    Origin: url,
    'Sec-Fetch-Site': 'same-origin',
  }
  for (const { path, method, body } of routes) {
    const response = await sendJson(
      `${url}${path.replace('{id}', 'x')}`,
      method,
      { ...body, ...members },
      headers,
    )
    expect({ path, status: response.status, body: response.body }).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '#', detail: 'Unknown fields are not allowed.' }] },
    })
  }
  expect(routes.length).toBeGreaterThan(20)
  return routes.length
}
