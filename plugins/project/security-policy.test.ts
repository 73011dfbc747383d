import { expect, test } from 'vitest'
import { setSecurityPolicy, type Transport } from './security-policy.ts'

const EDGE = { SecurityPolicy: 'SecurityPolicy_TLS12_PFS_2025_EDGE', EndpointAccessMode: 'BASIC' }
const REGIONAL = { ...EDGE, SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09' }

test.each<[string, object, object, Transport]>([
  ['an edge-optimised API', {}, {}, EDGE],
  ['an API with the default written out', { endpointType: 'edge' }, {}, EDGE],
  ['a regional API', { endpointType: 'regional' }, {}, REGIONAL],
  ['a private API', { endpointType: 'PRIVATE' }, {}, REGIONAL],
  [
    'a regional API with a policy of its own',
    { endpointType: 'REGIONAL' },
    { SecurityPolicy: 'TLS_1_2' },
    EDGE,
  ],
  [
    'an API whose provider has a policy',
    { endpointType: 'REGIONAL', apiGateway: { endpoint: { securityPolicy: 'TLS_1_2' } } },
    {},
    {},
  ],
])('%s has the security policy of its kind, or its own', (_, provider, ofProject, expected) => {
  const transport = { ...EDGE }
  setSecurityPolicy(provider, transport, ofProject)
  expect(transport).toEqual(expected)
})
