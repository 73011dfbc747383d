import type { Message } from '../../lib/mail/look/render.ts'
import { accountExists } from '../../lib/mail/texts/account-exists.ts'
import { address } from '../../lib/mail/texts/address.ts'
import { cancelReset } from '../../lib/mail/texts/cancel-reset.ts'
import { enrolment } from '../../lib/mail/texts/enrolment.ts'
import { invitation } from '../../lib/mail/texts/invitation.ts'
import { NOTICES } from '../../lib/mail/texts/notices.ts'
import { offlineAccess } from '../../lib/mail/texts/offline-access.ts'
import { registration } from '../../lib/mail/texts/registration.ts'
import { reset } from '../../lib/mail/texts/reset.ts'

const FACTS = {
  service: 'Acme Shop',
  at: '2026-11-26T13:21:00.000Z',
  username: 'ivy',
  link: `https://auth.example.org/confirm#reset=${'secret'.repeat(12)}`,
  code: '12345678',
  delaySeconds: 86_400,
  app: { name: 'Shop', place: 'shop.example' },
  identity: { provider: 'Google', label: 'ivy@example.org' },
  providers: ['Google', 'GitHub'],
  forgotUrl: 'https://auth.example.org/forgot',
  origin: { sourceIp: '203.0.113.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' },
}

/** Every mail of the service, by its name. */
export const EVERY_MAIL: [name: string, message: Message][] = Object.entries({
  'account-exists': accountExists,
  address,
  'cancel-reset': cancelReset,
  enrolment,
  invitation,
  'offline-access': offlineAccess,
  registration,
  reset,
  ...NOTICES,
}).map(([name, write]) => [name, write(FACTS)])
