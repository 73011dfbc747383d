import { main } from './cli/main.ts'
import { usersCommand } from './users/command.ts'

main(usersCommand)
