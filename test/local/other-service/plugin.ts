import type { Resource } from '../../../local/aws.ts'
import { configureGateway } from '../../../local/gateway.ts'

interface Serverless {
  service: {
    provider: { region: string; stage: string }
    resources: { Resources: Record<string, Resource> }
    getFunction(key: string): { name: string }
  }
}

/** Serverless plugin: puts the local gateway before this service, and nothing else. */
export default class OtherServicePlugin {
  readonly hooks: { initialize(): void }

  constructor({ service }: Serverless, { lambdaPort }: { lambdaPort: number }) {
    this.hooks = {
      initialize: () =>
        configureGateway({
          resources: Object.values(service.resources.Resources),
          region: service.provider.region,
          stage: service.provider.stage,
          lambdaUrl: new URL(`http://localhost:${lambdaPort}`),
          functionName: (key) => service.getFunction(key).name,
          onListening() {},
        }),
    }
  }
}
