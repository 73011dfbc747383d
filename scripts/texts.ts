import { main } from './cli/run.ts'
import { textsCommand } from './texts/command.ts'

main(textsCommand)
