/**
 * Returns the known name that a mistyped one probably means.
 *
 * Case and separators do not count. A name counts as similar if one of the two contains the other, or if at most a third
 * of its characters (at least two, and not all) must change.
 *
 * @returns ` Did you mean NAME?`, or nothing if no name is similar.
 */
export function didYouMean(mistyped: string, known: Iterable<string>, prefix = ''): string {
  const best = nearestOf(mistyped, known)
  return best === undefined ? '' : ` Did you mean ${prefix}${best}?`
}

/** Returns the known name that is the most similar to another one, by the rule of {@link didYouMean}. */
export function nearestOf(name: string, known: Iterable<string>): string | undefined {
  const word = plain(name)
  const [best] = [...known]
    .map((one) => ({ one, distance: distanceOf(word, plain(one)) }))
    .filter(({ distance }) => distance <= Math.max(2, word.length / 3))
    .filter(({ one, distance }) => distance < Math.max(plain(one).length, word.length))
    .sort((a, b) => a.distance - b.distance)
  return best?.one
}

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

function distanceOf(a: string, b: string): number {
  const isPart = Math.min(a.length, b.length) >= 3 && (a.includes(b) || b.includes(a))
  // After every name that differs by one character, and before those that differ by two.
  return isPart ? Math.min(1.5, levenshtein(a, b)) : levenshtein(a, b)
}

/** Returns how many characters must be inserted, deleted or replaced to make `b` out of `a`. */
function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const replaced = Number(row[j]) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, Number(row[j + 1]) + 1, Number(next[j]) + 1))
    }
    row = next
  }
  return Number(row[b.length])
}
