/** Returns the rows of the table whose first heading is given, each as its cells, without its head. */
export function tableIn(page: string, heading: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`))
  const length = lines.slice(start).indexOf('')
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
