import { main } from './cli/main.ts'
import { mailCommand } from './mail/command.ts'

main(mailCommand)
