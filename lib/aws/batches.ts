/** Most keys of one read, and most writes of one transaction. */
const MAX_ITEMS = 100

/** Splits a list into parts, in its order. The default size is what one call of DynamoDB accepts. */
export const batchesOf = <T>(list: readonly T[], size = MAX_ITEMS): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
