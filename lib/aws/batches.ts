/** How many keys one read takes, and how many writes a transaction. */
const MAX_ITEMS = 100

/** Splits a list into parts, in its order: by default into what one call of DynamoDB takes. */
export const batchesOf = <T>(list: readonly T[], size = MAX_ITEMS): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
