import { main } from './cli/main.ts'
import { smokeCommand } from './smoke/command.ts'

main(smokeCommand)
