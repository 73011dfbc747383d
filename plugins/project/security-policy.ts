import type { Service } from '../framework.d.ts'

/**
 * The same for APIs that are regional or private: TLS 1.2 or 1.3 with forward secrecy. AWS gives regional APIs TLS 1.0 otherwise.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
 */
const OF_REGIONAL = 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'

/** Members of an API that `plugins/resources/api.yml` sets for edge-optimised ones. */
export interface Transport {
  SecurityPolicy?: unknown
  EndpointAccessMode?: unknown
}

/**
 * Gives the API the security policy of its kind of endpoint. What the project says comes before it: in `provider.apiGateway.endpoint`, or
 * by `extensions` of the API.
 *
 * @param transport - Of the plugin. It is changed.
 * @param ofProject - The same of the project.
 */
export function setSecurityPolicy(
  { endpointType, apiGateway }: Pick<Service['provider'], 'endpointType' | 'apiGateway'>,
  transport: Transport,
  ofProject: Transport,
): void {
  const isEdge = (endpointType ?? 'EDGE').toUpperCase() === 'EDGE'
  if (!isEdge && ofProject.SecurityPolicy === undefined) transport.SecurityPolicy = OF_REGIONAL
  if (apiGateway?.endpoint === undefined) return
  if (ofProject.SecurityPolicy === undefined) delete transport.SecurityPolicy
  if (ofProject.EndpointAccessMode === undefined) delete transport.EndpointAccessMode
}
