import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = (patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/dist', '.*'] })

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = [...page.replace(/^```.*?^```/gms, '').matchAll(/^#{1,6} (.+)$/gm)]
  return headings.map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

const pages = files([
  '*.md',
  'bench/*.md',
  'docs/**/*.md',
  'examples/**/*.md',
  'lib/*.md',
  'local/*.md',
  'packages/**/*.md',
  'plugins/*.md',
])
const anchors = new Map(pages.map((page) => [page, anchorsOf(read(page))]))

test('every link with an anchor leads to a heading', () => {
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)].flatMap(([link, path = '', anchor = '']) => {
      const target = path === '' ? page : join(dirname(page), path)
      return anchors.get(target)?.includes(anchor) ? [] : [`${page}: ${link}`]
    }),
  )
  expect(missing).toEqual([])
})

test('every anchor that code names is a heading of its document', () => {
  const sources = files(['**/*.{ts,js,cjs,yml,json,html,py,md}'])
  const named = sources.flatMap((source) =>
    [...read(source).matchAll(/([\w./-]+\.md)#([\w-]+)/g)].map(([, path = '', anchor = '']) => ({
      source,
      path: path.replace(/^(\.{1,2}\/)+/, ''),
      anchor,
    })),
  )
  expect(named.length).toBeGreaterThan(50)
  const missing = named.filter(
    ({ path, anchor }) =>
      ![...anchors].some(([page, has]) => `/${page}`.endsWith(`/${path}`) && has.includes(anchor)),
  )
  expect(missing).toEqual([])
})
