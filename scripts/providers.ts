import { main } from './cli/main.ts'
import { providersCommand } from './providers/command.ts'

main(providersCommand)
