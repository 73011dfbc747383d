import { REGION } from './account.ts'

/** Verifies a sender in moto's SES. It is the operation of API v1, because moto's v2 lacks it. */
export async function verifySender(emulatorUrl: string, address: string): Promise<void> {
  const scope = `20261124/${REGION}/ses/aws4_request`
  const { ok, status } = await fetch(emulatorUrl, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host, Signature=00`,
    },
    body: new URLSearchParams({
      Action: 'VerifyEmailIdentity',
      EmailAddress: address,
      Version: '2010-12-01',
    }),
  })
  if (!ok) throw new Error(`moto's SES responded ${status}`)
}
