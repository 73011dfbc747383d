import { main } from './cli/main.ts'
import { eventsCommand } from './events/command.ts'

main(eventsCommand)
