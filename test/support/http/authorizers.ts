import type { Context } from 'aws-lambda'
import { expect } from 'vitest'
import type { LocalAws } from '../../../local/aws.ts'
import type { ServiceDescription } from '../process/service-description.ts'
import { loadHandlers } from './handlers.ts'

/** The source of the authorizer without the parameter `actAs`, and the one with it. */
const SOURCES = ['functions/authorizer.handler', 'functions/admin/authorizer.handler']

/** Loads both sources of the authorizer. The handler asks both, and fails if they decide differently. */
export async function loadAuthorizers(
  service: ServiceDescription,
  aws: LocalAws,
  environment: Record<string, string> = {},
) {
  const own = { ...service.functions.authorizer?.environment, ...environment }
  const functions = Object.fromEntries(SOURCES.map((handler) => [handler, { handler, environment: own }]))
  const handlers = [...(await loadHandlers({ ...service, functions }, SOURCES, aws)).values()]
  return async (event: unknown, context: Context) => {
    const [first, second] = await Promise.allSettled(handlers.map((handler) => handler(event, context)))
    expect(second).toEqual(first)
    if (first?.status !== 'fulfilled') throw first?.reason
    return first.value
  }
}
