type Item = Record<string, { S?: string; SS?: string[] } | undefined>

/** One write of a request to DynamoDB. */
interface Write {
  kind: string
  table: string
  pk: string
  sk: string
  item: Item
  expression: string
  isConditional: boolean
}

/**
 * Items whose change an event must show: of accounts, clients and APIs. Those of counters, marks, mails, challenges and login tokens are
 * no part of an account.
 */
const OF_ACCOUNT =
  /^(profile|name|totp|passkey#.*|identity#.*|recovery-codes|factor-reset|enrolment-code|invitation|client|api)$/

function writesOf(operation: string, body: string): Write[] {
  const input = JSON.parse(body)
  const single = /^(Put|Update|Delete)Item$/.exec(operation)?.[1]
  const writes: [string, Record<string, unknown>][] =
    operation === 'TransactWriteItems'
      ? input.TransactItems.flatMap((write: object) => Object.entries(write))
      : single === undefined
        ? []
        : [[single, input]]
  return writes.map(([kind, { TableName, Key, Item, UpdateExpression, ConditionExpression }]) => {
    const { pk, sk, ...item } = Object(Item ?? Key)
    return {
      kind,
      table: String(TableName),
      pk: pk.S,
      sk: sk.S,
      item,
      expression: String(UpdateExpression ?? ''),
      isConditional: ConditionExpression !== undefined,
    }
  })
}

/**
 * A write that a complete sign-in, a cancelled reset or a rehash makes without an event, with what shows it
 * instead.
 */
const isSilent = ({ kind, sk, expression }: Write, hasSignIn: boolean): boolean =>
  // The event of the sign-in has the kind of the factor.
  (hasSignIn && kind === 'Update' && /^(totp|passkey#|recovery-codes)/.test(sk)) ||
  (hasSignIn && kind === 'Delete' && sk === 'factor-reset') ||
  // The hash of the same password, also of one that the old place has verified.
  (sk === 'profile' &&
    /^SET #passwordHash = :passwordHash(, #mustEnrol = :mustEnrol)? REMOVE #passwordFrom$/.test(
      expression,
    )) ||
  (sk.startsWith('passkey#') && expression === 'SET #name = :name') ||
  // The event of the sign-in has the provider, and that of the first of two steps says that the second follows.
  (sk.startsWith('identity#') && expression.startsWith('SET lastUsedAt')) ||
  // The proof of an enrolment spends it.
  (kind === 'Delete' && sk === 'enrolment-code') ||
  // The mailer begins the delay of a reset.
  (sk === 'factor-reset' && expression.startsWith('SET announcedAt'))

/** Whether a write is that of a complete sign-in: it begins a session or renews one. A refresh keeps the salt. */
const isSignIn = ({ kind, sk, expression }: Write): boolean =>
  sk.startsWith('session#') && (kind === 'Put' || expression.includes('#salt = :salt'))

/** Whether a write begins, renews or ends a session or a grant. One that is abandoned, without a condition, has an unknown outcome. */
const changesSession = (write: Write): boolean =>
  isSignIn(write) ||
  (write.sk.startsWith('grant#') && write.kind === 'Put') ||
  (/^(session|grant)#/.test(write.sk) && write.isConditional && write.expression.startsWith('SET endedAt'))

/** Whether a write stores what a user consents to. An app without a click has no scopes yet. */
const isConsent = ({ kind, sk, item }: Write): boolean =>
  sk.startsWith('app#') && (kind === 'Update' || (kind === 'Put' && item.scopes !== undefined))

/** Whether a write begins an act: its event is of the user whom the operator acts as. */
const beginsAct = ({ kind, sk }: Write): boolean => kind === 'Put' && sk === 'act'

/** Whether a write stores a proof of an account: its event names what it proves, and how. */
const proves = ({ kind, sk }: Write): boolean => kind === 'Put' && sk === 'change'

/** Returns the partition of the events of an account. */
const accountOf = (pk: string): string => pk.replace(/^grants#/, 'user#')

/**
 * Returns what is wrong with a request to DynamoDB: an account or a session that it changes without exactly one event, an event of
 * what it does not change, or an event outside a transaction.
 */
export function faultsOfEvents(operation: string, body: string): string[] {
  const writes = writesOf(operation, body)
  const events = writes.filter(({ table, pk }) => table.endsWith('-events') && !pk.startsWith('name#'))
  const others = writes.filter(({ table, kind }) => !table.endsWith('-events') && kind !== 'ConditionCheck')
  const sessions = others
    .filter(changesSession)
    .map(({ pk, sk }) => (sk.startsWith('grant#') ? `${accountOf(pk)} grant` : `${pk} ${sk}`))
  const hasSignIn = others.some(isSignIn)
  const changed = others.filter(
    (write) =>
      isConsent(write) ||
      beginsAct(write) ||
      proves(write) ||
      write.pk === 'providers' ||
      (OF_ACCOUNT.test(write.sk) && !isSilent(write, hasSignIn)),
  )
  // A login name and the claim of a credential belong to the account that changes with them.
  const accounts = new Set(
    changed
      .map((write) => {
        if (proves(write)) return { ...write, pk: `user#${write.item.userId?.S}` }
        return beginsAct(write) ? { ...write, pk: `user#${write.item.targetId?.S}` } : write
      })
      .map(({ pk, sk }) => (pk === 'providers' ? `provider#${sk}` : accountOf(pk)))
      .filter((pk) => /^(user|mail|client|api|provider)#/.test(pk)),
  )
  const ofSessions = events.filter(
    ({ sk, item }) => sk.startsWith('session#') && item.type?.S !== 'factor.required',
  )
  // A view changes nothing.
  const ofAccounts = events.filter(
    ({ pk, sk, item }) => sk.startsWith('change#') && pk !== 'service' && item.type?.S !== 'user.viewed',
  )
  const named = (parts: string[]) => parts.toSorted().join(', ') || 'none'
  const expected = [named(sessions), named([...accounts])]
  const found = [
    named(
      ofSessions.map(({ pk, item }) =>
        item.type?.S?.startsWith('grant') ? `${pk} grant` : `${pk} session#${item.session?.S}`,
      ),
    ),
    named(ofAccounts.map(({ pk }) => pk)),
  ]
  const what = `${operation} of ${named(writes.map(({ kind, sk }) => `${kind} ${sk.split('#')[0]}`))}`
  return [
    ...(expected[0] === found[0] ? [] : [`${what}: sessions ${expected[0]}, events of ${found[0]}`]),
    ...(expected[1] === found[1] ? [] : [`${what}: accounts ${expected[1]}, events of ${found[1]}`]),
    ...(events.some(({ kind }) => kind !== 'Put') ? [`${what}: changes an event`] : []),
    ...(events.length > 0 && operation !== 'TransactWriteItems' ? [`${what}: outside a transaction`] : []),
  ]
}
