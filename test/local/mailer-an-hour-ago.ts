import { workerData } from 'node:worker_threads'
import { slowClock } from './slow-clock.ts'

// Preloaded into a service. The clock of its mailer is an hour slow, so the links and codes in its mails are expired.
if (workerData?.functionKey === 'mailer') slowClock(3_600_000)
