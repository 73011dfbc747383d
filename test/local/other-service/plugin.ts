import { type Resource, startLocalAws } from '../../../local/aws.ts'
import { configureGateway } from '../../../local/gateway/gateway.ts'
import { deadLetterLine, invokerOf, notedInvokerOf } from '../../../local/lambda/lambda.ts'
import { makePlace } from '../../../local/running/services.ts'

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

  constructor({ service }: Serverless, options: { lambdaPort: string; host?: string }) {
    this.hooks = {
      initialize: async () => {
        const { socket } = await makePlace()
        options.lambdaPort = socket
        const { settings, mailbox } = await startLocalAws([], service.provider.region, {
          verifiedIdentities: ['example.org'],
          functionNames: ['other-dev-fragile'],
          pausesMs: [10, 20],
          invoke: invokerOf(
            notedInvokerOf(() => socket),
            console.log,
          ),
          onDeadLetter: (letter) => console.log(deadLetterLine(letter)),
        })
        configureGateway({
          authorizerCacheSeconds: 60,
          resources: Object.values(service.resources.Resources),
          region: service.provider.region,
          stage: service.provider.stage,
          host: options.host ?? 'localhost',
          lambdaSocket: options.lambdaPort,
          hasPages: false,
          mailbox,
          functionName: (key) => service.getFunction(key).name,
          onListening: () => console.log(`${JSON.stringify(settings.endpoints)} is running at`),
          log: console.log,
        })
      },
    }
  }
}
