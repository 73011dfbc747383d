export type { AuthEvent, AuthEventType } from '../../lib/events/auth-event.ts'
export { mailTo } from '../../lib/mail/own-mail.ts'
export { userOf } from '../../lib/users/of-event.ts'
