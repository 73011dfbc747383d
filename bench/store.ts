import { startLocalAws } from '../local/aws.ts'

// The store and KMS of local development, in a process of their own so that they take no time from the function's
// thread.
const [region = '', resources = ''] = process.argv.slice(2)
const { settings } = await startLocalAws(JSON.parse(resources), region, 0)
const { dynamodb, kms } = settings.endpoints

process.on('disconnect', () => process.exit())
process.send?.({ dynamodb: String(dynamodb), kms: String(kms) })
