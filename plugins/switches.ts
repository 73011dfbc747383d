import type { FunctionDefinition, Hooks, Serverless, Service } from './framework.d.ts'

const PAGES = ['docs', 'signin', 'account-pages']
const MAIL = ['mailer', 'forgot', 'reset', 'change-email', 'confirm-email', 'account-pages']

/** Serverless plugin: removes the functions of what is switched off by a parameter. */
export default class SwitchesPlugin {
  readonly hooks: Hooks

  constructor({ service }: Serverless) {
    this.hooks = {
      initialize: () => switchOff(service),
      'before:deploy:deploy': () => {
        if (service.custom.mailFrom !== '') return
        console.log('The parameter mailFrom has no value: no mails, no registration, no reset of passwords.')
      },
    }
  }
}

/** The part of the service that {@link switchOff} reads and changes. */
type SwitchedService = {
  custom: Pick<Service['custom'], 'pages' | 'mailFrom' | 'registration'>
  functions: Record<string, Pick<FunctionDefinition, 'environment' | 'events' | 'iamRoleStatements'>>
}

/** Removes functions. `resources/mail.yml` removes its resources by a condition. */
export function switchOff({ custom: { pages, mailFrom, registration }, functions }: SwitchedService): void {
  const hasMail = mailFrom !== ''
  const removed = [
    ...(pages === 'on' ? [] : PAGES),
    ...(hasMail ? [] : MAIL),
    ...(hasMail && registration !== 'off' ? [] : ['new-account']),
    ...(hasMail && registration === 'open' ? [] : ['register']),
  ]
  for (const name of removed) delete functions[name]
  const pagesOfAccounts = functions['account-pages']
  if (pagesOfAccounts && registration !== 'open') {
    pagesOfAccounts.events =
      pagesOfAccounts.events?.filter(({ http }) => Object(http).path !== 'register') ?? []
  }
  if (!hasMail) Object.values(functions).forEach(removeMailer)
}

/** Removes the mailer from a function: it gets an empty name, and may not invoke any function. */
function removeMailer(definition: SwitchedService['functions'][string]): void {
  const { environment, iamRoleStatements } = definition
  if (environment?.MAILER === undefined) return
  environment.MAILER = ''
  definition.iamRoleStatements = iamRoleStatements?.filter(
    ({ Action }) => !Action.includes('lambda:InvokeFunction'),
  )
}
