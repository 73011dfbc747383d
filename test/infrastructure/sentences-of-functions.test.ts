import { globSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { inOwnWords } from '../../lib/http/own-words.ts'
import { DETAIL } from '../../plugins/config/sentences/functions.ts'
import { root } from '../support/process/service-description.ts'
import { detailsOf } from './details.ts'

// The lists of the sentences that each function shows. A function gets the words of no others.

const SENTENCES = readFileSync(`${root}/plugins/config/sentences.txt`, 'utf8').split('\n').filter(Boolean)

/** The entry files of functions that show sentences, by the key of the function. A feature may have another entry file. */
const ENTRIES = Map.groupBy(
  globSync(['functions/pages/**/*.ts', 'functions/mail/mailer.ts', 'functions/mail/**/mailer.ts'], {
    cwd: root,
  })
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) => /^export const handler\b/m.test(readFileSync(`${root}/${file}`, 'utf8'))),
  (file) => basename(file, '.ts'),
)

const EXTERNAL = ['hash-wasm', 'bcryptjs', 'swagger-ui-dist']

/** Returns the sources of an entry file, with those of the scripts of its pages. */
async function sourcesOf(entry: string): Promise<string[]> {
  const texts: string[] = []
  const inputsOf = async (file: string, plugins: Plugin[]) => {
    const { metafile } = await build({
      entryPoints: [file],
      plugins,
      external: [...EXTERNAL, './qr.js', './refresh.js', './federation.js'],
      absWorkingDir: root,
      bundle: true,
      format: 'esm',
      metafile: true,
      platform: 'node',
      write: false,
      outdir: 'unused',
      logLevel: 'silent',
    })
    return Object.keys(metafile.inputs).map((path) => path.replace(/\?.*/, ''))
  }
  const asText: Plugin = {
    name: 'as-text',
    setup({ onLoad }) {
      onLoad({ filter: /\.(html|css|min\.js)$|[\\/]functions[\\/]pages[\\/].*\.js$/ }, ({ path }) => {
        texts.push(relative(root, path))
        return { contents: '', loader: 'text' }
      })
    },
  }
  const sources = await inputsOf(join(root, entry), [asText])
  const scripts = await Promise.all(
    texts.filter((file) => file.endsWith('.js')).map((file) => inputsOf(join(root, file), [])),
  )
  return [...new Set([...sources, ...texts, ...scripts.flat()])].filter(
    (file) => !file.includes('node_modules'),
  )
}

/** The details of problems that any page shows. A function has them in its list with a mark. */
const DETAILS = new Set(await detailsOf(globSync(['functions/pages/**/*.js', 'client/*.js'], { cwd: root })))

/** Returns the sentences that a source shows, without details of problems. */
function sentencesIn(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  const found = new Set<string>()
  if (file.endsWith('.html')) {
    inOwnWords(source, (sentence) => {
      found.add(sentence)
      return undefined
    })
  }
  // In HTML of a handler, tags are around a sentence.
  return SENTENCES.filter((line) => {
    // A function of the API sends them. A script may say the same sentence.
    if (DETAILS.has(line) && file.endsWith('.ts')) return false
    const sentence = line.replace(/#[a-z]+$/, '')
    if (found.has(sentence)) return true
    return (
      ["'", '"', '`'].some((quote) => source.includes(`${quote}${sentence}${quote}`)) ||
      (file.endsWith('.ts') && source.includes(`>${sentence}<`))
    )
  })
}

test.each([...ENTRIES])(
  'the list of %s has the sentences that it shows; `-u` writes it',
  async (key, files) => {
    const sources = (await Promise.all(files.map(sourcesOf))).flat()
    const shown = new Set([...new Set(sources)].flatMap(sentencesIn))
    const isShowing = sources.includes('functions/pages/details.js')
    const details = isShowing ? await detailsOf(sources.filter((file) => file.endsWith('.js'))) : []
    const list = [...details.map((detail) => DETAIL + detail), ...SENTENCES.filter((line) => shown.has(line))]
    await expect(`${list.join('\n')}\n`).toMatchFileSnapshot(`${root}/plugins/config/sentences/${key}.txt`)
  },
)

test('each sentence is in the list of a function', async () => {
  const lists = globSync('plugins/config/sentences/*.txt', { cwd: root })
  const shown = new Set(lists.flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n')))
  const isListed = (line: string) => shown.has(line) || shown.has(DETAIL + line)
  expect(SENTENCES.filter((line) => !isListed(line))).toEqual([])
})
