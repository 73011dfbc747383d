import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { type AwsSettings, type Protocol, protocolOf, type Service } from './settings.ts'

/** Headers in the form that node:http does not copy: name, value, name, value. */
export type FlatHeaders = readonly string[]

/**
 * Creates a signer of POST requests for one service, with AWS Signature Version 4.
 *
 * The signing key depends only on the day, and is derived once a day. It is a `KeyObject`, because an HMAC
 * with a key in a buffer takes four times as long.
 *
 * @param service - Its name in signatures.
 * @param host - Value of the header `Host`.
 * @returns A function that returns all headers of a request with this `body`, signed at `now`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function requestSigner(
  { region, credentials }: AwsSettings,
  service: Service | 'cognito-idp' | 'events',
  host: string,
  protocol: Protocol = protocolOf(service as Service),
) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const { target, contentType, headers = [], partOf = service } = protocol
  let keyDay: string | undefined
  let key: KeyObject

  return (operation: string, body: string, now: Date): FlatHeaders => {
    const instant = now.toISOString().replace(/[:-]|\.\d{3}/g, '')
    const day = instant.slice(0, 8)
    if (day !== keyDay) {
      key = createSecretKey(signingKey(secretAccessKey, [day, region, partOf, 'aws4_request']))
      keyDay = day
    }
    // In the order of their names, which must be in lower case.
    const signed = [
      ['content-length', String(Buffer.byteLength(body))],
      ['content-type', contentType],
      ['host', host],
      ['x-amz-date', instant],
      ...headers,
      ...(sessionToken ? [['x-amz-security-token', sessionToken]] : []),
      ...(target ? [['x-amz-target', `${target}.${operation}`]] : []),
    ]
    const names = signed.map(([name]) => name).join(';')
    const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
    const request = `POST\n${target ? '/' : operation}\n\n${lines}\n${names}\n${hash('sha256', body)}`
    const scope = `${day}/${region}/${partOf}/aws4_request`
    const signature = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256\n${instant}\n${scope}\n${hash('sha256', request)}`)
      .digest('hex')
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
    return [...signed.flat(), 'authorization', authorization]
  }
}

const signingKey = (secretAccessKey: string, scope: readonly string[]): Buffer =>
  scope.reduce(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
