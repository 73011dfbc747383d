/** The functions of which `floor.cjs` has the least that works. It lists what it leaves out. */
export type FloorName = 'authorizer' | 'login'

/** The limits for the cost of a function. */
export interface Budget {
  /** Size of its bundle. */
  bytes: number
  /** Floor that its cold start is compared with: that of the authorizer if none is named. */
  floor?: FloorName
  /** The most that its cold start may take over an empty handler, as a multiple of what its floor takes over one. */
  cold?: number
}

// Functions that begin sessions have 1.5 KB for those of a device, with deviceBoundSessions. 0.35 KB of it ask for the device, and are also in
// the bundles of other services.
// Functions that read bodies have 0.4 KB for the rules of fields, which clients compare.
const BUDGETS: Record<string, Budget> = {
  // It reads the keys and the user at the same time. A fifth of it is for tokens of clients, 2.1 KB for operators who act as users.
  authorizer: { bytes: 28_000, cold: 1.6 },
  // With actAs=off.
  'authorizer without acts': { bytes: 25_900 },
  // The time includes the one password hash of a login. Unlike its floor it counts attempts and stores a
  // session.
  login: { bytes: 64_400, floor: 'login', cold: 1.45 },
  // With deviceBoundSessions=off.
  'login without devices': { bytes: 63_200, floor: 'login' },
  // It also asks the old place of passwords, and stores what that verifies.
  'moving login': { bytes: 64_200, floor: 'login' },
  'login-factor': { bytes: 56_800 },
  // It also knows the clients that are URLs, and has their documents fetched.
  approve: { bytes: 68_300 },
  // With deviceBoundSessions=off.
  'approve without devices': { bytes: 66_500 },
  'fetch-client': { bytes: 21_000 },
  // It exists with an old place of passwords only.
  drain: { bytes: 17_000 },
  token: { bytes: 50_000 },
  // A quarter of it is oauth4webapi, which verifies responses of identity providers.
  federation: { bytes: 95_000, cold: 2.4 },
  // 1.7 KB ask for the device of a session.
  refresh: { bytes: 47_300 },
  // With deviceBoundSessions=off.
  'refresh without devices': { bytes: 45_800 },
  logout: { bytes: 51_500 },
  // It also lists apps and removes their access, with what it reads of clients and APIs.
  // 2 KB know the sessions of a device.
  sessions: { bytes: 32_600 },
  // It binds sessions to devices. It cannot sign.
  device: { bytes: 23_300 },
  // Functions that count attempts give them back after an outage.
  password: { bytes: 53_000, floor: 'login' },
  reset: { bytes: 48_500, floor: 'login' },
  // 3.7 KB begin a sign-in by a mail, which is bound to its browser.
  'mail-requests': { bytes: 38_400, cold: 2.2 },
  // With mailSignIn=off.
  'mail-requests without sign-ins': { bytes: 34_600 },
  // Under the policy it begins the enrolment of a second factor. 12 KB verify a passkey in place of a password.
  'new-account': { bytes: 72_400, floor: 'login' },
  // With mailSignIn=off.
  'new-account with passwords': { bytes: 58_700, floor: 'login' },
  // Changes of an account also take the proof of a user without a password, which is 2.5 KB.
  'change-email': { bytes: 55_000, floor: 'login' },
  // 1.3 KB replace the address of a user without a password, which ends other sessions.
  'confirm-email': { bytes: 45_700, cold: 2.2 },
  // A third of it is the texts of 26 mails, in whole sentences. Their style has 1.8 KB. 2 KB plan the mails of sign-ins and of changes.
  mailer: { bytes: 47_300, cold: 2.2 },
  // With mailSignIn=off. It has the texts of the mails too.
  'mailer without sign-ins': { bytes: 47_100 },
  // Half of it is the texts of all problems, which every function has.
  'user-content': { bytes: 5_700, cold: 0.25 },
  'admin-content': { bytes: 5_700, cold: 0.25 },
  metadata: { bytes: 20_000, cold: 1.8 },
  // 2 KB of it begin an account with a passkey.
  enrolment: { bytes: 54_000, cold: 2.2 },
  // It verifies tokens, as the authorizer, and reads grants.
  userinfo: { bytes: 28_000 },
  me: { bytes: 22_300 },
  // As change-email.
  'delete-me': { bytes: 53_500, floor: 'login' },
  'login-passkey': { bytes: 65_000, cold: 2.2 },
  'add-passkey': { bytes: 68_800, cold: 2.2 },
  // Half of it reads the body with a new name.
  passkeys: { bytes: 33_600 },
  // It serves authenticator apps, recovery codes and passkeys, and hashes passwords. As change-email, it takes proofs.
  factors: { bytes: 61_700, floor: 'login' },
  'confirm-totp': { bytes: 48_000 },
  'enrol-totp': { bytes: 57_600 },
  // It grows by about 700 bytes with each route that it describes. With console=on, 20 KB are of the console. 11 KB are for users without a
  // password: seven routes, and what each change of an account takes with mailSignIn=on. 4 KB are for devices.
  openapi: { bytes: 173_200, cold: 2.8 },
  // Swagger UI takes 1.92 MB of it.
  docs: { bytes: 1_950_000, cold: 2.4 },
  // Each function of pages has 3 KB for the theme and the own words of an application. With several languages it has 2 KB more, and each
  // script 2 KB, which keep the language, say problems in it and form its plurals. These, and the words, are not counted here.
  // Two pages with their dialogs for second factors, 7 KB of the client for browsers, and 11 KB that draw QR codes. Each of the three
  // scripts has all that it needs, 19 to 28 KB. 17 KB are for other providers.
  // 25 KB are for sign-ins by a mail: 6 KB in each script, which has the words and the proofs of changes, and 7 KB of HTML.
  signin: { bytes: 164_300 },
  // With mailSignIn=off.
  'signin without mails': { bytes: 144_800 },
  // Three pages, with one style. The scripts of two of them contain the client for browsers, by which other tabs learn of a
  // registration. The pages have the name of the service, so the parsers of settings are in the bundle too.
  // 13 KB are for accounts without a password, with the dialog of recovery codes in two scripts.
  'account-pages': { bytes: 81_600 },
  // With mailSignIn=off.
  'account-pages without mails': { bytes: 67_900 },
  // Two pages with one style, and the client for browsers, which one of them loads if the session must be refreshed.
  authorize: { bytes: 46_600 },
  // One page with one script: the client for browsers, 9 KB of sentences, and the dialog of second factors.
  console: { bytes: 72_900 },
}

/** The functions with words, in English and all languages that come with the service. Signs of Chinese and Japanese take three bytes. */
export const IN_ALL_LANGUAGES: Readonly<Record<string, number>> = {
  signin: 519_000,
  'account-pages': 238_000,
  authorize: 130_000,
  console: 274_000,
  mailer: 204_000,
}

/** Enough for a function that uses the table and KMS. */
const DEFAULT: Budget = { bytes: 64_000 }

/** Returns the budget of a function. A function without a listed budget has the default one. */
export const budgetOf = (functionKey: string): Budget => BUDGETS[functionKey] ?? DEFAULT

/** What warm calls may take, as multiples of bare operations or of a floor, which take turns with them in one process. */
export const WARM_BUDGETS = {
  /** A token that the authorizer has not seen before, of a bare `crypto.verify`. */
  verification: 3,
  /** A whole call of the authorizer, of a bare read of the user with the same bytes. */
  authorization: 1.6,
  /** A login, of its floor. */
  login: 1.12,
}

/** What a request for protected content may take without a cache of authorizations, as a multiple of FastAPI with PyJWT, which reads no user. */
export const UNCACHED_GET = 1
