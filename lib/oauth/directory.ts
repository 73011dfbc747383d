import type { Key, TransactWrite } from '../aws/dynamodb.ts'

/**
 * Returns the partition that lists all clients, or all APIs: operators find them without a scan of the table, which has all users.
 * Functions do not read it.
 */
export const directoryOf = (kind: 'client' | 'api') => ({ S: `directory#${kind}s` })

const entryKey = ({ pk, sk }: Key): Key => ({ pk: directoryOf(sk.S as 'client' | 'api'), sk: pk })

/** Returns the write that lists an item, as a part of the transaction that stores it. */
export const listed = (key: Key): TransactWrite => ({ Put: { Item: entryKey(key) } })

/** Returns the write that takes an item off its list, as a part of the transaction that deletes it. */
export const unlisted = (key: Key): TransactWrite => ({ Delete: { Key: entryKey(key) } })
