// Of the framework, just what is used here.
interface Service {
  provider: { environment: { ALLOWED_ORIGINS: string } }
  functions: Record<string, { events?: { http?: string | object }[] }>
  resources: { Resources: Record<string, Resource> }
}
interface Resource {
  Type: string
  Properties: { ResponseParameters?: Record<string, string> }
  DependsOn?: string[]
}
interface Compiled {
  provider: { compiledCloudFormationTemplate: { Resources: Record<string, Resource> } }
}

/**
 * Serverless plugin: what the framework leaves out of the gateway that it deploys. Where origins are allowed, every
 * route has a preflight, and every answer of the gateway's own the headers that let a page read it; what functions
 * answer is theirs (`lib/http/handler.ts`). And none of those answers is missing from the deployment.
 */
export default class GatewayPlugin {
  readonly hooks: Record<string, () => void>

  constructor({ service }: { service: Service & Compiled }) {
    this.hooks = {
      initialize: () => allowOrigins(service),
      'before:package:finalize': () => deployAnswers(service),
    }
  }
}

const isAnswer = ({ Type }: Resource) => Type === 'AWS::ApiGateway::GatewayResponse'

/**
 * Puts CORS into a service description, for the framework to deploy and for the local gateway to read.
 *
 * @param service - Its `ALLOWED_ORIGINS` has origins with commas between, `*`, or nothing: then nothing is put in.
 */
export function allowOrigins({ provider, functions, resources }: Service): void {
  const origin = provider.environment.ALLOWED_ORIGINS
  if (origin === '') return

  for (const event of Object.values(functions).flatMap(({ events = [] }) => events)) {
    if (event.http === undefined) continue
    const [method, path] = typeof event.http === 'string' ? event.http.split(' ') : []
    event.http = {
      ...(typeof event.http === 'string' ? { method, path } : event.http),
      // Two hours is the longest that browsers keep a preflight. What they may then read, each answer says anew.
      cors: { origin, headers: ['Authorization', 'Content-Type'], maxAge: 7_200, cacheControl: 'no-store' },
    }
  }

  for (const { Properties } of Object.values(resources.Resources).filter(isAnswer)) {
    Properties.ResponseParameters = {
      ...Properties.ResponseParameters,
      // These headers cannot be chosen from a list, and the gateway's own answers hold nothing of any user.
      'gatewayresponse.header.Access-Control-Allow-Origin': `'${origin.includes(',') ? '*' : origin}'`,
      'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After,WWW-Authenticate'",
    }
  }
}

/** A deployment is a snapshot of the API. The framework has it wait for the methods, and not for the answers. */
function deployAnswers({ provider, resources }: Service & Compiled): void {
  const answers = Object.entries(resources.Resources).filter(([, resource]) => isAnswer(resource))
  for (const resource of Object.values(provider.compiledCloudFormationTemplate.Resources)) {
    if (resource.Type === 'AWS::ApiGateway::Deployment')
      resource.DependsOn?.push(...answers.map(([id]) => id))
  }
}
