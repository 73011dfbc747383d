import { type MailService, startMailService } from './mail-service.ts'
import { startFunctions } from './sessions.ts'
import { startWire, type Wire } from './wire.ts'

const NO_LIMITS = { LIMIT_MAIL_SOURCE: '9999/3600', LIMIT_MAIL_RECIPIENT: '9999/3600' }

/** A mail service without limits, and its functions with a wire between them and AWS. */
export interface WiredMail {
  service: MailService
  wire: Wire
  wired: Awaited<ReturnType<typeof startFunctions>>
  stop(): void
}

/** Starts a {@link WiredMail}. */
export async function startWiredMail(): Promise<WiredMail> {
  const service = await startMailService(NO_LIMITS)
  const wire = await startWire(service.aws)
  const wired = await startFunctions(wire.url, { MAILER: 'mailer', ...NO_LIMITS })
  return {
    service,
    wire,
    wired,
    stop() {
      wire.stop()
      service.aws.stop()
    },
  }
}
