import { expect } from 'vitest'
import type { Package, Resource } from './foreign.ts'

/** The deployment has a name after its content, because the stage names it. */
export const isDeployment = (id: string) => /^ApiGatewayDeployment/.test(id)

/** Compares what a project has without the plugin with what it has with it, as text, and returns how much that is. */
export function expectSame(one: Package, other: Package) {
  const counts = { resources: 0, properties: 0, outputs: 0 }
  for (const [id, resource] of Object.entries(one.Resources).filter(([name]) => !isDeployment(name))) {
    const [first, second] = [resource, other.Resources[id]].map((value) => structuredClone(value)) as [
      Resource,
      Resource,
    ]
    for (const value of [first, second]) CHANGED[id]?.(value, resource)
    expect(JSON.stringify(second), id).toBe(JSON.stringify(first))
    counts.resources += 1
    counts.properties += Object.keys(resource.Properties ?? {}).length
  }
  for (const part of ['Outputs', 'Conditions'] as const) {
    for (const [id, value] of Object.entries(one[part] ?? {})) {
      expect(JSON.stringify(other[part][id]), id).toBe(JSON.stringify(value))
      counts.outputs += 1
    }
  }
  return counts
}

/** Resources of the project that differ, with the reason for each. */
const CHANGED: Record<string, (resource: Resource, before: Resource) => void> = {
  // Only TLS 1.2 or 1.3, for passwords. It says what is the default of the endpoint. Answers are compressed, unless the project says how.
  ApiGatewayRestApi: ({ Properties }, before) => {
    for (const name of ['SecurityPolicy', 'EndpointAccessMode', 'DisableExecuteApiEndpoint'])
      delete Properties[name]
    if (before.Properties.MinimumCompressionSize === undefined) delete Properties.MinimumCompressionSize
  },
  // They wait for the stage, which is a separate resource for its throttles.
  ApiGatewayApiKey1: (resource) => delete resource.DependsOn,
  ApiGatewayUsagePlan: (resource) => delete resource.DependsOn,
}
