import { LANGUAGES } from '../../lib/application/languages.ts'
import { notifiedOf } from '../../lib/mail/event.ts'
import { setLocale as storeLocale } from '../../lib/users/locale-change.ts'
import type { Io } from '../cli/io.ts'
import { notify } from '../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { languageArgument, ofUser } from './arguments.ts'
import { changeExisting, findExisting } from './store.ts'

/** Changes the language of mails to a user. The notice is in the language before it. */
async function setLocale(table: OperatorTable, loginName: string, locale: string, io: Io): Promise<string> {
  const found = await findExisting(table, loginName)
  if (found.locale === locale) return `Mails to ${loginName} are in ${locale} already.\n`
  let before = found
  await changeExisting(table, loginName, found, (user, changeId) => {
    before = user
    return storeLocale(table, user, { locale, changeId }, table.act())
  })
  const notice = await notify(table, 'locale-changed', notifiedOf(before), io)
  return `Mails to ${loginName} are in ${locale}.\n${notice}`
}

/** `npm run users -- set-locale` */
export const setLocaleCommand: Subcommand = (program) => {
  ofUser(program, 'set-locale', 'changes the language of mails to a user')
    .addArgument(languageArgument(`one of ${LANGUAGES.join(', ')}`))
    .action(async (name: string, locale: string) => {
      const { operator, print, io } = program
      print(await setLocale(await operator('set-locale'), name, locale, io))
    })
}
