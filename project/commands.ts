import { IS_PACKAGE } from './origin.ts'

/** Where the documents are that the package does not have. */
const DOCUMENTS = 'https://github.com/serverless-jwt-auth/serverless-jwt-auth/blob/main/docs'

/** What starts the local service. */
export const START = IS_PACKAGE ? 'npx sls offline' : 'npm start'

/** {@link START}, for options to follow. npm takes options before a double dash for itself. */
export const START_WITH = IS_PACKAGE ? START : `${START} --`

/** What runs the operators' commands of the package. npm must not look for another package of that name, which a shell with credentials would run. */
export const PROGRAM = 'npx --no serverless-jwt-auth'

/** Returns the name of an operator's command, as its help shows it. */
export const commandName = (name: string): string => (IS_PACKAGE ? `${PROGRAM} ${name}` : name)

/** Returns an operator's command as it is typed. */
export const commandLine = (name: string, words: string): string =>
  IS_PACKAGE ? `${PROGRAM} ${name} ${words}` : `npm run ${name} -- ${words}`

/** Returns where a document is, such as `MAIL.md`. */
export const documentOf = (name: string): string => `${IS_PACKAGE ? DOCUMENTS : 'docs'}/${name}`

/** Returns the sentence about a command without a target. */
export const missingTarget = (name: string, words: string): string =>
  `Missing target. Use --local or --stage NAME${IS_PACKAGE ? '' : ' after the double dash'}: ${commandLine(name, words)}`
