import { main } from './cli/main.ts'
import { clientsCommand } from './clients/command.ts'

main(clientsCommand)
