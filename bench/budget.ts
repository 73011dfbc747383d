import { compressedBytes, MODULE_BUDGETS, MODULES, readServed } from '../packages/client.ts'
import { MOVING_LOGIN } from '../plugins/functions/drain.ts'
import { budgetOf } from './budgets.ts'
import { buildBundles, readService } from './bundles.ts'

// Compares the size of every bundle with its budget. `npm run bench` compares the times.
const text = (bytes: number) => bytes.toLocaleString('en-GB').padStart(6)

const report = (name: string, bytes: number, budget: number) => {
  const isOver = bytes > budget
  console.log(`${name.padEnd(13)} ${text(bytes)} of ${text(budget)} bytes${isOver ? '  OVER BUDGET' : ''}`)
  if (isOver) process.exitCode = 1
}

const service = readService()
// With an old place of passwords, `login` has another handler.
service.functions['moving login'] = { handler: MOVING_LOGIN }
// With mailSignIn=off, functions have the handlers of a service without it.
const WITHOUT_MAIL_SIGN_IN = {
  'mailer without sign-ins': 'functions/mail/mailer',
  'mail-requests without sign-ins': 'functions/mail/mail-requests',
  'signin without mails': 'functions/pages/federation/signin',
  'account-pages without mails': 'functions/pages/federation/account-pages',
}
for (const [name, file] of Object.entries(WITHOUT_MAIL_SIGN_IN)) {
  service.functions[name] = { handler: `${file}.handler` }
}
service.functions['new-account with passwords'] = { handler: 'functions/registration/new-account.handler' }
service.functions['authorizer without acts'] = { handler: 'functions/authorizer.handler' }
// With deviceBoundSessions=off.
const WITHOUT_DEVICES = { login: 'sessions/login', refresh: 'sessions/refresh', approve: 'oauth/approve' }
for (const [name, file] of Object.entries(WITHOUT_DEVICES)) {
  service.functions[`${name} without devices`] = { handler: `functions/${file}.handler` }
}
for (const { name, bytes } of await buildBundles(service, '.results/budget')) {
  report(name, bytes, budgetOf(name).bytes)
}
for (const module of MODULES) {
  report(`${module}, gz`, compressedBytes(readServed(module)), MODULE_BUDGETS[module])
}
