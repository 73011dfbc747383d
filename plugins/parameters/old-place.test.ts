import { expect, test } from 'vitest'
import { appClient, endpointUrl, sealedSecret, userPool } from './old-place.ts'
import { faultsOf } from './parameters.ts'

const SEALED = Buffer.alloc(160).toString('base64')
const [oldPool, oldPoolClient] = ['eu-west-3_AbCdEf123', '1example23456789abcdefghij']
const passwordsUrl = 'https://old.example.com/verify'

test.each([
  [userPool, 'eu-central-1_AbCdEf123'],
  [userPool, 'us-east-1_a'],
  [userPool, 'ap-southeast-2_0'],
  [appClient, oldPoolClient],
  [endpointUrl, 'https://old.example.com/verify?v=1'],
  [endpointUrl, 'http://localhost:4000/verify'],
  [endpointUrl, 'http://127.0.0.1:4000/'],
  [sealedSecret, SEALED],
])('%o accepts %j', (rule, text) => {
  expect(rule(text)).toBeUndefined()
})

const POOL = 'must be the id of a user pool, such as eu-central-1_AbCdEf123'

test.each([
  [
    userPool,
    [
      'eu-central-1',
      'AbCdEf123',
      'EU-central-1_Ab',
      'eu-central-1_',
      'eu-central-1_Ab/x',
      'eu-central-1_*',
      'eu_A',
    ],
    POOL,
  ],
  [
    userPool,
    ['cn-north-1_AbCdEf123', 'us-gov-west-1_AbCdEf123'],
    `${POOL}: it is not in the commercial partition of AWS`,
  ],
  [
    appClient,
    [oldPool, 'short', 'A'.repeat(26), '1'.repeat(52)],
    'must be the id of an app client, such as 1example23456789abcdefghij',
  ],
  [
    endpointUrl,
    [
      'old.example.com',
      'http://old.example.com/verify',
      'http://localhost.example.com/',
      'https://ada:secret@old.example.com/',
      'https://ada@old.example.com/',
      'https://old.example.com/#a',
      'ftp://localhost/',
    ],
    'must be an https URL without username, password and fragment',
  ],
  [
    sealedSecret,
    ['a-bearer-secret', 'a'.repeat(64), `${'a'.repeat(80)}-`],
    'must be what npm run users -- seal-secret prints, and not the secret itself',
  ],
])('%o refuses %j', (rule, texts, message) => {
  for (const text of texts) expect(() => rule(text), text).toThrow(new Error(message))
})

const CLIENT = 'The parameter oldPool needs oldPoolClient, an app client of that pool without a secret.'
const BOTH = 'The parameters oldPool and passwordsUrl exclude each other: passwords come from one place.'

test.each<[given: Record<string, string>, deployed: string[], local: string[]]>([
  [{}, [], []],
  [{ oldPool, oldPoolClient }, [], []],
  [{ passwordsUrl, passwordsSecret: SEALED }, [], []],
  [{ oldPool, oldPoolClient, passwordsUrl, passwordsSecret: SEALED }, [BOTH], [BOTH]],
  [{ oldPool }, [CLIENT], [CLIENT]],
  [
    { oldPoolClient },
    ['The parameter oldPoolClient needs oldPool.'],
    ['The parameter oldPoolClient needs oldPool.'],
  ],
  [
    { passwordsSecret: SEALED },
    ['The parameter passwordsSecret needs passwordsUrl.'],
    ['The parameter passwordsSecret needs passwordsUrl.'],
  ],
  // The local service seals a secret of its own.
  [
    { passwordsUrl },
    ['The parameter passwordsUrl needs passwordsSecret, which npm run users -- seal-secret prints.'],
    [],
  ],
  [
    { passwordsUrl: 'http://localhost:4000/', passwordsSecret: SEALED },
    ['The parameter passwordsUrl must be an https URL in a deployment.'],
    [],
  ],
])('%j has in a deployment the faults %j, and locally %j', (given, deployed, local) => {
  expect(faultsOf('prod', given)).toEqual(deployed)
  expect(faultsOf('prod', given, 'http://localhost:3000')).toEqual(local)
})
