import { readFileSync } from 'node:fs'
import { symmetricEncrypt } from 'better-auth/crypto'
import { auth } from './auth.mjs'

const { adapter, secretConfig: key } = await auth.$context
for (const model of ['user', 'account', 'passkey', 'twoFactor']) {
  const lines = readFileSync(`moved/${model}.jsonl`, 'utf8').split('\n').filter(Boolean)
  for (const data of lines.map((line) => JSON.parse(line))) {
    for (const name of ['createdAt', 'updatedAt']) if (data[name]) data[name] = new Date(data[name])
    const secrets = model === 'twoFactor' ? ['secret', 'backupCodes'] : []
    for (const name of secrets) data[name] = await symmetricEncrypt({ key, data: data[name] })
    await adapter.create({ model, data, forceAllowId: true })
  }
}
