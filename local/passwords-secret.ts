import { awsClient, withTimeout } from '../lib/aws/client.ts'
import { sealPasswordsSecret } from '../lib/drain/secret.ts'
import type { LocalAws } from './aws.ts'

/** The bearer secret that an endpoint of passwords gets from the local service. It is no secret, because everybody knows it. */
const LOCAL_SECRET = 'local'

const PATIENCE_MS = 10_000

/** Seals the secret for the function `drain`, if there is one. The local KMS has new keys with each start, so no sealed secret lasts. */
export async function givePasswordsSecret(
  { settings }: Pick<LocalAws, 'settings'>,
  { factorKey }: { factorKey: string },
  drain: { environment?: Record<string, string> } | undefined,
): Promise<void> {
  if (drain === undefined) return
  const aws = withTimeout(awsClient(settings), PATIENCE_MS)
  const PASSWORDS_SECRET = await sealPasswordsSecret(aws, factorKey, LOCAL_SECRET)
  drain.environment = { ...drain.environment, PASSWORDS_SECRET }
}
