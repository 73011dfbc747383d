import { afterEach, describe, expect, test, vi } from 'vitest'
import { awsSettings } from './settings.ts'

afterEach(() => vi.unstubAllEnvs())

describe('the settings', () => {
  const lambda = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }
  const settingsWith = (env: Record<string, string>) => {
    const none = { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_DYNAMODB: '', AWS_ENDPOINT_URL_KMS: '' }
    const all = { ...none, AWS_SESSION_TOKEN: '', ...lambda, ...env }
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
    return awsSettings()
  }

  test('are those that Lambda sets', () => {
    expect(settingsWith({ AWS_SESSION_TOKEN: 'session' })).toEqual({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session' },
      endpoints: { dynamodb: undefined, kms: undefined },
    })
  })

  test('contain an endpoint for all services', () => {
    const all = 'http://127.0.0.1:4566'
    const urls = { dynamodb: new URL(all), kms: new URL(all), lambda: new URL(all), ses: new URL(all) }
    expect(settingsWith({ AWS_ENDPOINT_URL: all }).endpoints).toEqual(urls)
  })

  // The AWS SDKs name the API version of SES.
  test.each([
    ['dynamodb', 'DYNAMODB'],
    ['kms', 'KMS'],
    ['lambda', 'LAMBDA'],
    ['ses', 'SESV2'],
  ])('contain an endpoint for %s alone', (service, suffix) => {
    const { endpoints } = settingsWith({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      [`AWS_ENDPOINT_URL_${suffix}`]: 'http://127.0.0.1:8000',
    })
    const others = Object.entries(endpoints).filter(([name]) => name !== service)
    expect(Object(endpoints)[service]).toEqual(new URL('http://127.0.0.1:8000'))
    expect(others.map(([, url]) => url?.port)).toEqual(['4566', '4566', '4566'])
  })
})
