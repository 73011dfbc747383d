import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import {
  BUILD_MS,
  buildGo,
  codeUnder,
  hasGo as isGoInstalled,
  hasPython as isPythonInstalled,
  PYTHON,
  requireOrWarn,
  saveProgram,
  startProgram,
  startServer,
} from './programs.ts'
import { signedAgo, type TokenCase, tokenCases } from './tokens.ts'
import { unavailableIssuers } from './unavailable.ts'
import { expectVerdicts } from './verdicts.ts'

// The programs of docs/VERIFYING.md in Python and Go, on Debian's packages.

const INSTALL =
  'The programs of docs/VERIFYING.md need: apt-get install python3-fastapi python3-uvicorn python3-jwt golang-go golang-github-coreos-go-oidc-v3-dev'

const hasPython = isPythonInstalled('fastapi, uvicorn, jwt')
const hasGo = isGoInstalled()

const ISSUER = inject('serviceUrl')

let cases: readonly TokenCase[]
beforeAll(async () => {
  requireOrWarn(hasPython && hasGo, INSTALL)
  cases = await tokenCases(ISSUER, inject('kmsUrl'))
})

describe.skipIf(!hasPython)('FastAPI and PyJWT', () => {
  const start = (issuer: string) =>
    startProgram(PYTHON, [saveProgram('FastAPI and PyJWT', 'server.py')], { ISSUER: issuer })

  test('accepts valid tokens and refuses all others', async () => {
    await expectVerdicts('FastAPI and PyJWT', await start(ISSUER), cases)
  })

  test('responds 503 to a valid token without keys', async () => {
    for (const issuer of await unavailableIssuers()) {
      const ask = await start(issuer)
      expect(await ask('/', cases[0]?.token)).toBe(503)
    }
  })

  test('lets pages of the listed origins read every response, and no others', async () => {
    const program = saveProgram('FastAPI and PyJWT', 'cors.py')
    const { port, stop } = await startServer(PYTHON, () => [program], {
      ISSUER,
      ORIGINS: 'https://a.example',
    })
    onTestFinished(stop)
    const allowedFor = async (Origin: string, method: string, path: string) => {
      const headers = {
        Origin,
        Authorization: `Bearer ${cases[0]?.token}`,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      }
      const response = await fetch(`http://localhost:${port}${path}`, { method, headers })
      return [response.status, response.headers.get('Access-Control-Allow-Origin')]
    }
    expect(await allowedFor('https://a.example', 'OPTIONS', '/')).toEqual([200, 'https://a.example'])
    expect(await allowedFor('https://a.example', 'GET', '/')).toEqual([200, 'https://a.example'])
    expect(await allowedFor('https://a.example', 'GET', '/admin')).toEqual([403, 'https://a.example'])
    expect(await allowedFor('https://b.example', 'OPTIONS', '/')).toEqual([400, null])
    expect(await allowedFor('https://b.example', 'GET', '/')).toEqual([200, null])
  })
})

test.skipIf(!hasPython)('FastAPI demands two factors and a recent sign-in of a route', async () => {
  const path = saveProgram('FastAPI and PyJWT', 'step-up.py')
  const [beginning = '', end = ''] = codeUnder('FastAPI and PyJWT').split(/^(?=uvicorn)/m)
  const route =
    '@app.get("/payments")\ndef payments(claims: dict = Depends(recent_caller)) -> dict:\n    return {}\n'
  writeFileSync(path, ['import time', beginning, codeUnder('Two factors in FastAPI'), route, end].join('\n'))
  const { port, stop } = await startServer(PYTHON, () => [path], { ISSUER })
  onTestFinished(stop)
  const ask = async (acr: string, seconds: number) => {
    const Authorization = `Bearer ${await signedAgo(ISSUER, inject('kmsUrl'), acr, seconds)}`
    const response = await fetch(`http://localhost:${port}/payments`, { headers: { Authorization } })
    return [response.status, response.headers.get('WWW-Authenticate')]
  }
  const challenge = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"'
  expect(await ask('aal2', 200)).toEqual([200, null])
  expect(await ask('aal2', 400)).toEqual([401, challenge])
  expect(await ask('aal1', 0)).toEqual([401, challenge])
})

describe.skipIf(!hasGo)('Go', () => {
  const source = saveProgram('Go', 'main.go')
  let binary: string
  beforeAll(() => {
    binary = buildGo(source)
  }, BUILD_MS)

  test('accepts valid tokens and refuses all others', async () => {
    await expectVerdicts('Go', await startProgram(binary, [], { ISSUER }), cases)
  })

  test('does not start without keys', async () => {
    for (const issuer of await unavailableIssuers()) {
      await expect(startProgram(binary, [], { ISSUER: issuer })).rejects.toThrow(/connection refused|503/)
    }
  })

  test('is formatted by gofmt', () => {
    expect(execFileSync('gofmt', ['-d', source], { encoding: 'utf8' })).toBe('')
  })
})
