import type { Resource } from '../../../local/aws.ts'
import { configureGateway } from '../../../local/gateway.ts'
import { lambdaSocketPath } from '../../../local/lambda-socket.ts'

interface Serverless {
  service: {
    provider: { region: string; stage: string }
    resources: { Resources: Record<string, Resource> }
    getFunction(key: string): { name: string }
  }
}

/** Serverless plugin: adds the local gateway to this service, and nothing else. */
export default class OtherServicePlugin {
  readonly hooks: { initialize(): Promise<void> }

  constructor({ service }: Serverless, options: { lambdaPort: string }) {
    this.hooks = {
      initialize: async () => {
        options.lambdaPort = await lambdaSocketPath()
        configureGateway({
          resources: Object.values(service.resources.Resources),
          region: service.provider.region,
          stage: service.provider.stage,
          lambdaSocket: options.lambdaPort,
          hasPages: false,
          functionName: (key) => service.getFunction(key).name,
          onListening: () => console.log('is running at'),
          log: console.log,
        })
      },
    }
  }
}
