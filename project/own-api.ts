/** Logical id of the API that the framework makes. */
const API_ID = 'ApiGatewayRestApi'

/**
 * Whether a resource is one of the API that the framework makes. A project may have other APIs. The framework merges the plugin's
 * properties into a stage that names no API.
 */
export function isOfApi({ Properties }: { Properties?: Record<string, unknown> | undefined }): boolean {
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = Object(Properties?.RestApiId ?? { Ref: API_ID })
  return [Ref, ...[attribute].flat(), text].some((one) => one === API_ID || one === `\${${API_ID}}`)
}
