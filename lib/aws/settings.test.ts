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

  test('contain an endpoint for all services, or for one service, which takes precedence', () => {
    const all = 'http://127.0.0.1:4566'
    const one = 'http://127.0.0.1:8000'
    const urls = { dynamodb: new URL(all), kms: new URL(all) }
    expect(settingsWith({ AWS_ENDPOINT_URL: all }).endpoints).toEqual(urls)
    expect(settingsWith({ AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_KMS: one }).endpoints).toEqual({
      ...urls,
      kms: new URL(one),
    })
    expect(settingsWith({ AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_DYNAMODB: one }).endpoints).toEqual({
      ...urls,
      dynamodb: new URL(one),
    })
  })
})
