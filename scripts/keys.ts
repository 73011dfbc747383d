import { main } from './cli/main.ts'
import { keysCommand } from './keys/command.ts'

main(keysCommand)
