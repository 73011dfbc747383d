import { readdirSync } from 'node:fs'
import { parse } from 'node:path'
import { compressedBytes, MODULE_BUDGETS, MODULES, readServed } from '../packages/client.ts'
import { readAuthConfig } from '../plugins/application-data.ts'
import { MOVING_LOGIN } from '../plugins/functions/drain.ts'
import { bundlePluginsOf } from '../plugins/page-files.ts'
import { budgetOf, IN_ALL_LANGUAGES } from './budgets.ts'
import { buildBundles, readService } from './bundles.ts'

// Compares the size of every bundle with its budget. `npm run bench` compares the times.
const text = (bytes: number) => bytes.toLocaleString('en-GB').padStart(6)

const report = (name: string, bytes: number, budget: number) => {
  const isOver = bytes > budget
  console.log(`${name.padEnd(13)} ${text(bytes)} of ${text(budget)} bytes${isOver ? '  OVER BUDGET' : ''}`)
  if (isOver) process.exitCode = 1
}

const service = readService()
/** Handlers that functions have at other values of parameters. */
const OTHERS = {
  // With an old place of passwords.
  'moving login': MOVING_LOGIN,
  // With mailSignIn=off.
  'mailer without sign-ins': 'functions/mail/mailer.handler',
  'mail-requests without sign-ins': 'functions/mail/mail-requests.handler',
  'signin without mails': 'functions/pages/federation/signin.handler',
  'account-pages without mails': 'functions/pages/federation/account-pages.handler',
  'new-account with passwords': 'functions/registration/new-account.handler',
  // With actAs=off.
  'authorizer without acts': 'functions/authorizer.handler',
  // With deviceBoundSessions=off.
  'login without devices': 'functions/sessions/login.handler',
  'refresh without devices': 'functions/sessions/refresh.handler',
  'approve without devices': 'functions/oauth/approve.handler',
}
for (const [name, handler] of Object.entries(OTHERS)) service.functions[name] = { handler }
// The words and the look of a project are its own. Their size is no fault of the code.
const { languages: own, texts, theme, ...config } = await readAuthConfig()
const plugins = bundlePluginsOf(async () => config)
for (const { name, bytes } of await buildBundles(service, '.results/budget', plugins)) {
  report(name, bytes, budgetOf(name).bytes)
}
// With all languages that come with the service.
const folder = new URL('../plugins/languages', import.meta.url)
const languages = ['en', ...readdirSync(folder).map((file) => parse(file).name)] as const
const functions = Object.fromEntries(
  Object.keys(IN_ALL_LANGUAGES).map((name) => [name, service.functions[name] ?? { handler: '' }]),
)
const withAll = bundlePluginsOf(async () => ({ ...config, languages }))
for (const { name, bytes } of await buildBundles({ ...service, functions }, '.results/budget/all', withAll)) {
  report(`${name} in ${languages.length} languages`, bytes, IN_ALL_LANGUAGES[name] ?? 0)
}
if (own !== undefined) {
  for (const { name, bytes } of await buildBundles({ ...service, functions }, '.results/budget/own')) {
    console.log(`${name} in ${own.join(', ')} ${text(bytes)} bytes`)
  }
}
for (const module of MODULES) {
  report(`${module}, gz`, compressedBytes(readServed(module)), MODULE_BUDGETS[module])
}
