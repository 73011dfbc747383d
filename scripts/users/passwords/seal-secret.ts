import { sealPasswordsSecret } from '../../../lib/drain/secret.ts'
import { keyAlias } from '../../../project/names.ts'
import type { Subcommand } from '../../cli/operator.ts'
import { askText } from '../../providers/secret.ts'

/** `npm run users -- seal-secret`: seals the bearer secret of `passwordsUrl` for the functions of the stage. It stores nothing. */
export const sealSecretCommand: Subcommand = ({ command, table, print, io }) => {
  command
    .command('seal-secret')
    .description('seals the secret of passwordsUrl, and prints the value of passwordsSecret')
    .action(async () => {
      const { aws, name } = await table()
      const secret = await askText('secret of the endpoint', io)
      print(`${await sealPasswordsSecret(aws, keyAlias(name, 'factors'), secret)}\n`)
    })
}
