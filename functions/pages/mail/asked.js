// What a browser keeps of sign-ins by mail until they end: the mails that a tab has asked for, and where its sign-in leads.

/** Key in the tab's storage: the address, the ids of its mails, and when the links are no longer valid. */
const ASKED_KEY = 'mail-sign-in'
/** Key in the browser's storage: `?next=` of the pages that asked for mails. The link of a mail opens in another tab. */
const NEXT_KEY = 'mail-sign-in-next'
/** Key in the tab's storage for a step of a sign-in, on the way to `/signin`. */
const STEP_KEY = 'mail-sign-in-step'

/** How long links are valid. */
const VALID_MS = 3_600_000
/** A code is tried with this many mails. */
const MOST = 3

/** Without storage, the page forgets the mails when it is loaded again. */
let asked

/** The part of a mail id, or of a link's token, without the address. */
const keyOf = (id) => id.split('.')[0]

function read(storage, key) {
  try {
    return JSON.parse(globalThis[storage].getItem(key)) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a value, or removes it. @returns Whether the browser allows this page the storage. */
function write(storage, key, value) {
  try {
    if (value === undefined) globalThis[storage].removeItem(key)
    else globalThis[storage].setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

/** Returns the address and the ids of its mails, the newest first, or nothing. */
export function findAsked() {
  asked ??= read('sessionStorage', ASKED_KEY)
  return asked?.untilMs > Date.now() ? asked : undefined
}

/**
 * Keeps the id of one more mail. Those to other addresses are forgotten.
 *
 * @param own - Whether this tab has asked for the mail. Otherwise another tab of this browser has.
 * @param next - Where the sign-in leads: the unverified `?next=` of this page, if there is one.
 */
export function keepAsked({ email, mailId }, own, next) {
  const { mailIds, ownIds } = findAsked()?.email === email ? asked : { mailIds: [], ownIds: [] }
  const untilMs = Date.now() + VALID_MS
  asked = {
    email,
    mailIds: [mailId, ...mailIds.filter((id) => id !== mailId)].slice(0, MOST),
    ownIds: own ? [mailId, ...ownIds] : ownIds,
    untilMs,
  }
  write('sessionStorage', ASKED_KEY, asked)
  if (next) writeNexts({ ...readNexts(), [keyOf(mailId)]: { next, untilMs } })
}

/** Forgets the mails of this tab. */
export function forgetAsked() {
  const nexts = readNexts()
  for (const id of asked?.ownIds ?? []) delete nexts[keyOf(id)]
  writeNexts(nexts)
  asked = undefined
  write('sessionStorage', ASKED_KEY)
}

const readNexts = () =>
  Object.fromEntries(
    Object.entries(read('localStorage', NEXT_KEY) ?? {}).filter(([, { untilMs }]) => untilMs > Date.now()),
  )

const writeNexts = (nexts) =>
  write('localStorage', NEXT_KEY, Object.keys(nexts).length > 0 ? nexts : undefined)

/** Returns the unverified `?next=` of a sign-in, or nothing. @param id - A mail id, or the token of a link. */
export const findNext = (id) => readNexts()[keyOf(id)]?.next

/** Says that the tab with a link leads on, in place of the tab that asked for the mail. If the sign-in fails, it does not. */
export function setTaken(id, isTaken) {
  const { [keyOf(id)]: found, ...nexts } = readNexts()
  if (found) writeNexts({ ...nexts, [keyOf(id)]: { ...found, isTaken } })
}

/** Whether the tab with the link of a mail leads on, in place of this one. */
export function isTaken() {
  const nexts = readNexts()
  return findAsked()?.ownIds.some((id) => nexts[keyOf(id)]?.isTaken) === true
}

/** Keeps a step for the page /signin. @returns Whether the browser allows this page the storage. */
export const keepStep = (step) => write('sessionStorage', STEP_KEY, step)

/** Returns the step that the page with the link has left, and removes it. */
export function takeStep() {
  const step = read('sessionStorage', STEP_KEY)
  write('sessionStorage', STEP_KEY)
  return step
}
