import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

type Problem = { status?: number; detail?: string; errors?: { detail: string; values?: object }[] }

/** The page as a module, with a language and the words of details. */
async function pageWith(lang: string, ownDetails?: Record<string, string>) {
  vi.stubGlobal('document', { documentElement: { lang } })
  vi.stubGlobal('ownDetails', ownDetails)
  vi.resetModules()
  // Handlers import files of pages as text.
  const path = './details.js'
  return (await import(new URL(path, import.meta.url).href)) as {
    sayProblem(problem: Problem): Problem
    isEnglish(text: string): boolean
  }
}

const GERMAN = {
  'Incorrect code.': 'Der Code ist falsch.',
  'Must be at least {min} characters.': 'Mindestens {min} Zeichen.',
  'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.': 'Ein Name.',
  'Must be an address at {domains}.': 'Eine Adresse von {domains}.',
  '{name} does not respond. Try again shortly, or sign in in another way.': '{name} antwortet nicht.',
}

const CASES: [detail: string, words: string, values?: object][] = [
  ['Incorrect code.', 'Der Code ist falsch.'],
  ['Must be at least 15 characters.', 'Mindestens 15 Zeichen.', { min: 15 }],
  ['Must be at least 15 characters.', 'Mindestens 15 Zeichen.'],
  ['Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.', 'Ein Name.'],
  [
    'Must be an address at a.example or b.example.',
    'Eine Adresse von a.example oder b.example.',
    { domains: ['a.example', 'b.example'] },
  ],
  // A name may look like a placeholder, a pattern or HTML. It is text.
  ['{name} does not respond. Try again shortly, or sign in in another way.', '{name} antwortet nicht.'],
  ['$& <b> does not respond. Try again shortly, or sign in in another way.', '$& <b> antwortet nicht.'],
]

test.each(CASES)('a German page says %j as %j', async (detail, words, values) => {
  const { sayProblem, isEnglish } = await pageWith('de', GERMAN)
  const problem = { status: 422, detail, errors: [{ detail, pointer: '#', ...(values && { values }) }] }
  const said = sayProblem(problem)
  expect(said.errors).toEqual([{ ...problem.errors[0], detail: words }])
  expect(said.status).toBe(422)
  expect(isEnglish(words)).toBe(false)
})

test.each([
  ['another detail', 'Another code.'],
  ['a detail with more before it', 'An Incorrect code.'],
  ['a detail with more behind it', 'Incorrect code. Or not.'],
  ['a character that a pattern would take for any', 'Incorrect code!'],
])('%s without words stays English, and is marked as English', async (_what, detail) => {
  const { sayProblem, isEnglish } = await pageWith('de', GERMAN)
  expect(isEnglish(detail)).toBe(false)
  expect(sayProblem({ detail })).toEqual({ detail })
  expect(isEnglish(detail)).toBe(true)
})

test('a problem that the page makes itself is in its words, and is not marked as English', async () => {
  const detail = 'Es wurde nichts gesendet.'
  vi.stubGlobal('ownWords', { 'Nothing was sent.': detail })
  const { sayProblem, isEnglish } = await pageWith('de', GERMAN)
  vi.unstubAllGlobals()
  expect(sayProblem({ detail })).toEqual({ detail })
  expect(isEnglish(detail)).toBe(false)
})

test.each(['en', 'en-GB'])('a page in %s marks nothing', async (lang) => {
  const { sayProblem, isEnglish } = await pageWith(lang)
  expect(sayProblem({ detail: 'Incorrect code.' })).toEqual({ detail: 'Incorrect code.' })
  expect(isEnglish('Incorrect code.')).toBe(false)
})

test('a body of another service, which is no problem, stays as it is', async () => {
  const { sayProblem } = await pageWith('de', GERMAN)
  expect(sayProblem({ message: 'Forbidden' } as Problem)).toEqual({ message: 'Forbidden' })
  expect(sayProblem({})).toEqual({})
})

test.each(['page', 'logout'])(
  'authorize/%s.js marks the detail of a problem only if it is English',
  (name) => {
    const read = (extension: string) =>
      readFileSync(new URL(`./authorize/${name}.${extension}`, import.meta.url), 'utf8')
    expect(read('html')).toContain('<p class="hint" id="problem-detail" dir="auto"></p>')
    expect(read('js')).toContain("fill(element('problem-detail'), detail)")
  },
)
