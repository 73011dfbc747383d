import type { Key, TransactWrite } from '../aws/dynamodb.ts'

/** A kind of listed item: clients, APIs, or operators' decisions about clients that are URLs. */
export type Kind = 'client' | 'api' | 'url-client'

/**
 * Returns the partition that lists all items of a kind. With it, operators need no scan of the table, which
 * has all users. Functions do not read it.
 */
export const directoryOf = (kind: Kind) => ({ S: `directory#${kind}s` })

const entryKey = ({ pk, sk }: Key): Key => ({ pk: directoryOf(sk.S as Kind), sk: pk })

/** Returns the write that lists an item, as a part of the transaction that stores it. */
export const listed = (key: Key): TransactWrite => ({ Put: { Item: entryKey(key) } })

/** Returns the write that removes an item from its list, as a part of the transaction that deletes it. */
export const unlisted = (key: Key): TransactWrite => ({ Delete: { Key: entryKey(key) } })
