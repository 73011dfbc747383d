/**
 * Returns why the service cannot be deployed to a region, or `undefined`. Its API is edge-optimised and its permissions name
 * `amazonaws.com`: both exist in the commercial partition of AWS only.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-endpoint-types.html
 */
export function faultOfRegion(region: string): string | undefined {
  const isOther = /^(cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-/.test(region)
  return isOther
    ? `The service cannot be deployed to ${region}: edge-optimised APIs do not exist in that partition of AWS.`
    : undefined
}
