import { signed } from '../local/aws-service.ts'

/** Verifies a sender in moto's SES. It is the operation of API v1, because moto's v2 lacks it. */
export async function verifySender(emulatorUrl: string, address: string): Promise<void> {
  const { ok, status } = await fetch(emulatorUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...signed('ses') },
    body: new URLSearchParams({
      Action: 'VerifyEmailIdentity',
      EmailAddress: address,
      Version: '2010-12-01',
    }),
  })
  if (!ok) throw new Error(`moto's SES responded ${status}`)
}
