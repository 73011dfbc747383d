import { describe, expect, test } from 'vitest'
import { corsHeaders } from './cors.ts'

describe('a page of another origin', () => {
  const readable = (origin: string) => ({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After',
  })
  const listed = ['https://app.example', 'https://admin.example:8443']
  const vary = { Vary: 'Origin' }

  test.each<[string, string[], string | undefined, object]>([
    [
      'that is listed may read the response',
      listed,
      'https://app.example',
      { ...vary, ...readable('https://app.example') },
    ],
    [
      'that is listed second may too',
      listed,
      'https://admin.example:8443',
      { ...vary, ...readable('https://admin.example:8443') },
    ],
    ['that is not listed may not', listed, 'https://evil.example', vary],
    ['whose name starts with a listed one may not', listed, 'https://app.example.evil.example', vary],
    ['with another port may not', listed, 'https://admin.example', vary],
    ['over plain HTTP may not', listed, 'http://app.example', vary],
    ['in another case may not: browsers send origins in lower case', listed, 'https://APP.example', vary],
    ['with an opaque origin may not', listed, 'null', vary],
    ['is missing, and caches still get Vary', listed, undefined, vary],
    ['may read if all may', ['*'], 'https://evil.example', readable('*')],
    ['is missing, if all may read', ['*'], undefined, readable('*')],
    ['may not if none may', [], 'https://app.example', {}],
    ['is missing, if none may read', [], undefined, {}],
  ])('%s', (_who, allowed, origin, headers) => {
    expect(corsHeaders(allowed, origin)).toEqual(headers)
  })
})

describe('a page that sends cookies', () => {
  const credentials = { 'Access-Control-Allow-Credentials': 'true' }
  const origin = 'https://app.example'

  test.each<[string, string[], string | undefined, object]>([
    ['and is listed may read the response', ['https://a.example', origin], origin, credentials],
    ['and is not listed may not', [origin], 'https://evil.example', {}],
    ['and is missing may not', [origin], undefined, {}],
    ['may not because all pages may', ['*'], origin, {}],
    ['may not where none may', [], origin, {}],
  ])('%s', (_who, allowed, sender, headers) => {
    expect(corsHeaders(allowed, sender, true)).toEqual({ ...corsHeaders(allowed, sender), ...headers })
  })
})
