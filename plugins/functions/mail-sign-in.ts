import type { FunctionDefinition } from '../framework.d.ts'

type Functions = Record<string, Pick<FunctionDefinition, 'handler' | 'environment' | 'may'>>

/** What functions may do for users without a password. They have the setting `MAIL_SIGN_IN`. */
const FOR_PROOFS = ['readChangeTokens', 'spendChangeTokens', 'replaceAddresses']

/** What functions have for a mail or a passkey in place of a password. The handlers of other services have nothing of it. */
const FOR_BOTH: Readonly<Record<string, { handler: string; variables: string[]; rights: string[] }>> = {
  'new-account': {
    handler: 'functions/passwordless/new-account.handler',
    variables: ['RP_ID', 'RP_ORIGINS'],
    rights: [
      'readBoundChallenges',
      'spendSingleChallenges',
      'storePasskeys',
      'storeRecoveryCodes',
      'storeUsersWithPasskeys',
      'storeMailLogins',
    ],
  },
  mailer: {
    handler: 'functions/mail/sign-in/mailer.handler',
    variables: ['REGISTRATION', 'ALLOWED_EMAIL_DOMAINS'],
    rights: ['readKnownSources'],
  },
  'mail-requests': {
    handler: 'functions/mail/sign-in/mail-requests.handler',
    variables: ['LIMIT_MAIL_SIGN_INS', 'COOKIE_SESSIONS'],
    rights: [],
  },
  enrolment: {
    handler: 'functions/passwordless/enrolment.handler',
    variables: [],
    rights: ['storeNewUserChallenges'],
  },
  passkeys: { handler: 'functions/passwordless/passkeys.handler', variables: ['RP_ID'], rights: [] },
}

/** Handlers of functions whose pages differ with sign-in by a mail, without and with other providers. */
const PAGES: Readonly<Record<string, { plain: string; federated: string }>> = {
  signin: {
    plain: 'functions/pages/mail/signin.handler',
    federated: 'functions/pages/federation/mail/signin.handler',
  },
  'account-pages': {
    plain: 'functions/pages/mail/account-pages.handler',
    federated: 'functions/pages/federation/mail/account-pages.handler',
  },
  // The console has the words of providers in every service.
  console: {
    plain: 'functions/pages/mail/console.handler',
    federated: 'functions/pages/mail/console.handler',
  },
}

/** The handlers of {@link switchMailSignIn} and {@link switchMailPages}. */
export const MAIL_HANDLERS = [
  ...Object.values(FOR_BOTH).map(({ handler }) => handler),
  ...Object.values(PAGES).flatMap((one) => Object.values(one)),
]

/** Gives functions the pages of a service with sign-in by a mail. */
export function switchMailPages(functions: Functions, isFederated: boolean): void {
  for (const [key, { plain, federated }] of Object.entries(PAGES)) {
    if (functions[key]) functions[key].handler = isFederated ? federated : plain
  }
}

/** Gives functions the handlers of a service with sign-in by a mail, or takes from them what only such a service needs. */
export function switchMailSignIn(functions: Functions, isOn: boolean): void {
  for (const [key, { handler, variables, rights }] of Object.entries(FOR_BOTH)) {
    const definition = functions[key]
    if (definition && isOn) definition.handler = handler
    else if (definition) take(definition, variables, rights)
  }
  const account = functions['new-account']
  // Its other permissions to store users and login tokens cover these.
  if (account && isOn) take(account, [], ['storeUsers', 'storeProvedLogins'])
  if (isOn) return
  for (const definition of Object.values(functions)) {
    if (definition.environment?.MAIL_SIGN_IN !== undefined) take(definition, ['MAIL_SIGN_IN'], FOR_PROOFS)
  }
}

/** Takes variables and rights from a function. */
function take(definition: Functions[string], variables: string[], rights: string[]): void {
  const { environment = {}, may } = definition
  const left = Object.entries(environment).filter(([name]) => !variables.includes(name))
  definition.environment = Object.fromEntries(left)
  if (may) definition.may = may.filter((name) => !rights.includes(name))
}
