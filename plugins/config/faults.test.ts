import { expect, test, vi } from 'vitest'
import { mayBe } from '../../lib/application/attributes.ts'
import { defineAuth } from '../../project/define-auth.ts'
import { longestClaimed } from './attributes.ts'
import { faultsOfConfig } from './faults.ts'

const { default: config } = await vi.importActual<{ default: object }>('../../auth.config.ts')
const valid = { roles: ['member', 'editor'], administrators: ['editor'] }
const ROLE_RULE = 'must be 1 to 32 of a-z, 0-9 and hyphens, with a letter first.'
const attribute = (plan: unknown) => ({ ...valid, attributes: { plan } })
/** Attributes that take a number of bytes at most: names of one letter, and values of three bytes a code unit. */
const texts = (bytes: number) => ({
  a: { type: 'string', maxLength: Math.floor((bytes - 1) / 3) - 1 },
  b: { type: 'string', values: ['x'.repeat(2 + ((bytes - 1) % 3))] },
})
const VALUE_RULE = 'must be text, a number, true, false or null.'

test.each<[string, object]>([
  ['the one of this service', config],
  ['only roles', valid],
  ['no administrators', { ...valid, administrators: [] }],
  ['former roles', { ...valid, formerRoles: ['author'] }],
  [
    'attributes',
    {
      ...valid,
      attributes: {
        plan: {
          type: 'string',
          values: ['free', 'pro'],
          default: 'free',
          claim: 'https://notes.example/plan',
          revokes: true,
        },
        team: { type: 'string', maxLength: 20, claim: 'custom:team' },
        seats: { type: 'number', default: 1 },
        beta: { type: 'boolean' },
      },
    },
  ],
  [
    'attributes of `import * as attributes`',
    {
      ...valid,
      attributes: Object.assign(Object.create(null, { [Symbol.toStringTag]: { value: 'Module' } }), {
        beta: { type: 'boolean' },
      }),
    },
  ],
  [
    'a theme',
    {
      ...valid,
      theme: {
        accent: ['#7b2d26', '#ffb4a2'],
        onAccent: ['#ffffff', '#2b0a06'],
        page: ['#faf7f5', '#171211'],
        logo: 'theme/logo.svg',
        links: { terms: 'https://example.com/terms?lang=en#top', privacy: '/privacy' },
      },
    },
  ],
  ['own words', { ...valid, texts: 'texts/en.json' }],
  [
    'languages',
    { ...valid, languages: ['en', 'pt-BR', 'zh-Hans', 'es-419'], texts: { 'pt-BR': 'texts/pt.json' } },
  ],
  ['as many bytes of attributes as a profile has', { ...valid, attributes: texts(2_048) }],
  ['parameters', { ...valid, serviceName: 'Notes', tokenTtlSeconds: 900, retained: false, mailFrom: null }],
  ['parameters of stages', { ...valid, stages: { dev: { allowedOrigins: '*' }, prod: { pages: 'on' } } }],
])('%s is a configuration', (_what, given) => {
  expect(faultsOfConfig(given)).toEqual([])
})

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'The default export must be an object.'],
  ['a function', () => valid, 'The default export must be an object.'],
  ['a Promise', Promise.resolve(valid), 'The default export must not be a Promise.'],
  ['a list', [valid], 'The default export must be an object.'],
  ['no roles', { administrators: [] }, 'roles must be a list of roles.'],
  ['an empty list of roles', { roles: [], administrators: [] }, 'roles must name a role.'],
  [
    'a function as roles',
    { ...valid, administrators: [], roles: () => [] },
    'roles must be a list of roles.',
  ],
  ['text as roles', { ...valid, roles: 'member' }, 'roles must be a list of roles.'],
  ['a role twice', { ...valid, roles: ['member', 'editor', 'member'] }, 'roles must not name a role twice.'],
  ['a role in capitals', { ...valid, roles: ['member', 'Editor', 'editor'] }, `roles[1] ${ROLE_RULE}`],
  ['a role with a bar', { ...valid, roles: ['member', 'editor', 'a|b'] }, `roles[2] ${ROLE_RULE}`],
  ['a role that is a function', { ...valid, formerRoles: [() => 'author'] }, 'formerRoles[0] must be text.'],
  [
    'an administrator with a mistyped role',
    { ...valid, administrators: ['editr'] },
    'administrators has editr, which is not in roles. Did you mean editor?',
  ],
  [
    'a former role that is a role',
    { ...valid, formerRoles: ['member'] },
    'formerRoles has member, which is in roles.',
  ],
  [
    'a mistyped member',
    { ...valid, serviceNam: 'Notes' },
    'serviceNam is unknown. Did you mean serviceName?',
  ],
  ...[
    'http://example.com/terms',
    'javascript:alert(1)',
    '//example.com/terms',
    '/\\example.com/terms',
    'terms',
    'https:///terms',
    'https://ada:pass@example.com/',
    'https://example.com/"onclick="',
    'https://example.com/{{links}}',
    '/te rms',
    '/terms\u202e',
    '',
  ].map((terms): [string, unknown, string] => [
    `the link ${JSON.stringify(terms)}`,
    { ...valid, theme: { links: { terms } } },
    'theme.links.terms must be an https URL such as https://example.com/terms, or a path such as /terms.',
  ]),
  [
    'a mistyped link',
    { ...valid, theme: { links: { privicy: '/privacy' } } },
    'theme.links.privicy is unknown. Did you mean privacy?',
  ],
  ['a function', { ...valid, serviceName: () => 'Notes' }, `serviceName ${VALUE_RULE}`],
  ['a Promise', { ...valid, pages: Promise.resolve('on') }, `pages ${VALUE_RULE}`],
  ['an object', { ...valid, issuer: { host: 'auth.example.com' } }, `issuer ${VALUE_RULE}`],
  [
    'a getter',
    {
      ...valid,
      get serviceName() {
        return String(Math.random())
      },
    },
    'serviceName must be a value, not a getter.',
  ],
  [
    'a getter in a stage',
    {
      ...valid,
      stages: {
        dev: {
          get pages() {
            return 'on'
          },
        },
      },
    },
    'stages.dev.pages must be a value, not a getter.',
  ],
  [
    'an instance of a class',
    new (class Config {
      roles = ['member']
      administrators = []
    })(),
    'The default export must be a plain object, not an instance of a class.',
  ],
  [
    'a getter in a list',
    {
      administrators: [],
      roles: Object.defineProperty(['member'], 0, { get: () => 'member', enumerable: true }),
    },
    'roles[0] must be a value, not a getter.',
  ],
  [
    'a function at a list',
    { ...valid, roles: Object.assign(['member', 'editor'], { next: () => 'author' }) },
    'roles[next] must be a value, not a function.',
  ],
  ['a symbol', { ...valid, [Symbol('theme')]: {} }, 'Symbol(theme) is unknown.'],
  [
    'the prototype as a stage',
    { ...valid, stages: JSON.parse('{ "__proto__": { "pages": "on" } }') },
    'stages.__proto__ is unknown.',
  ],
  [
    'the prototype as an attribute',
    { ...valid, attributes: JSON.parse('{ "__proto__": { "type": "string" } }') },
    'attributes.__proto__ is unknown.',
  ],
  [
    'values for all stages as a stage',
    { ...valid, stages: { default: { pages: 'on' } } },
    'stages.default is no stage. Values for all stages stand next to roles.',
  ],
  [
    'a stage in capitals',
    { ...valid, stages: { PROD: { pages: 'on' } } },
    'stages.PROD must be a-z, 0-9 and hyphens, as the name of a stage.',
  ],
  [
    'a stage with a long name',
    { ...valid, stages: { 'production-europe': { pages: 'on' } } },
    'stages.production-europe must be at most 15 characters, as the name of a stage.',
  ],
  ['a stage that is text', { ...valid, stages: { dev: 'on' } }, 'stages.dev must be an object.'],
  [
    'a mistyped parameter of a stage',
    { ...valid, stages: { dev: { allowedOrigin: '*' } } },
    'stages.dev.allowedOrigin is unknown. Did you mean allowedOrigins?',
  ],
  [
    'a function in a stage',
    { ...valid, stages: { prod: { pages: () => 'on' } } },
    `stages.prod.pages ${VALUE_RULE}`,
  ],
  [
    'text as attributes',
    { ...valid, attributes: 'plan' },
    'attributes must be an object with attributes by name.',
  ],
  [
    'an attribute with a capital first',
    { ...valid, attributes: { Plan: { type: 'string' } } },
    'attributes.Plan must be letters and digits, with a lower-case letter first.',
  ],
  ['an attribute that is text', attribute('string'), 'attributes.plan must be an object.'],
  [
    'an attribute of another type',
    attribute({ type: 'text' }),
    'attributes.plan.type must be string, number or boolean.',
  ],
  [
    'a mistyped member of an attribute',
    attribute({ type: 'string', defualt: 'free' }),
    'attributes.plan.defualt is unknown. Did you mean default?',
  ],
  ['values of a number', attribute({ type: 'number', values: [1] }), 'attributes.plan.values is unknown.'],
  [
    'a default that is not among the values',
    attribute({ type: 'string', values: ['free'], default: 'pro' }),
    'attributes.plan.default must be a value that the attribute may have.',
  ],
  [
    'a function as default',
    attribute({ type: 'number', default: () => 1 }),
    'attributes.plan.default must be a number.',
  ],
  [
    'a Promise among the values',
    attribute({ type: 'string', values: ['free', Promise.resolve('pro')] }),
    'attributes.plan.values[1] must be text.',
  ],
  [
    'half a surrogate pair among the values',
    attribute({ type: 'string', values: ['free', '\ud83d'] }),
    'attributes.plan.values[1] must not have control characters.',
  ],
  [
    'a length of listed values',
    attribute({ type: 'string', values: ['free'], maxLength: 8 }),
    'attributes.plan.maxLength has no effect next to values.',
  ],
  [
    'a registered claim',
    attribute({ type: 'string', claim: 'email' }),
    'attributes.plan.claim must be a URI, such as https://notes.example/plan.',
  ],
  [
    'a claim twice',
    { ...valid, attributes: { a: { type: 'number', claim: 'n:a' }, b: { type: 'number', claim: 'n:a' } } },
    'attributes has the claim n:a twice.',
  ],
  [
    'one byte of attributes more than a profile has',
    { ...valid, attributes: texts(2_049) },
    'attributes may take 2049 bytes, and all together have at most 2048.',
  ],
  [
    'texts whose quotation marks take two bytes each',
    attribute({ type: 'string', values: ['"'.repeat(1_023)] }),
    'attributes may take 2050 bytes, and all together have at most 2048.',
  ],
  ['text as a theme', { ...valid, theme: 'dark' }, 'theme must be an object.'],
  [
    'a mistyped colour',
    { ...valid, theme: { onacent: ['#ffffff', '#000000'] } },
    'theme.onacent is unknown. Did you mean onAccent?',
  ],
  [
    'the name of a variable',
    { ...valid, theme: { '--accent': ['#000000', '#ffffff'] } },
    'theme.--accent is unknown. Did you mean accent?',
  ],
  [
    'one colour for both schemes',
    { ...valid, theme: { accent: '#7b2d26' } },
    'theme.accent must be two colours, [light, dark].',
  ],
  [
    'three colours',
    { ...valid, theme: { accent: ['#7b2d26', '#ffb4a2', '#000000'] } },
    'theme.accent must be two colours, [light, dark].',
  ],
  [
    'CSS as a colour',
    { ...valid, theme: { accent: ['#7b2d26', 'red;}*{display:none'] } },
    'theme.accent[1] must be a colour such as #0b6e63.',
  ],
  [
    'a short colour',
    { ...valid, theme: { accent: ['#7b2', '#ffb4a2'] } },
    'theme.accent[0] must be a colour such as #0b6e63.',
  ],
  [
    'a function as a colour',
    { ...valid, theme: { accent: [() => '#7b2d26', '#ffb4a2'] } },
    'theme.accent[0] must be text.',
  ],
  [
    'a logo of another kind',
    { ...valid, theme: { logo: 'theme/logo.png' } },
    'theme.logo must be a path of an SVG file in the project.',
  ],
  [
    'a logo outside the project',
    { ...valid, theme: { logo: '../logo.svg' } },
    'theme.logo must be a path of an SVG file in the project.',
  ],
  [
    'a logo at an absolute path',
    { ...valid, theme: { logo: '/tmp/logo.svg' } },
    'theme.logo must be a path of an SVG file in the project.',
  ],
  [
    'own words outside the project',
    { ...valid, texts: '../en.json' },
    'texts must be a path of a JSON file in the project.',
  ],
  ['no language', { ...valid, languages: [] }, 'languages must name a language.'],
  [
    'a tag of a locale',
    { ...valid, languages: ['en', 'de_DE'] },
    'languages[1] must be a language tag, such as de, pt-BR or zh-Hans.',
  ],
  [
    'a tag that is not canonical',
    { ...valid, languages: ['pt-br'] },
    'languages[0] must be a language tag, such as de, pt-BR or zh-Hans.',
  ],
  ['a language twice', { ...valid, languages: ['de', 'de'] }, 'languages must not name a language twice.'],
  [
    'own words in the configuration',
    { ...valid, texts: { en: { 'Sign in': 'Log in' } } },
    'texts must be a path of a JSON file in the project, or such paths by language.',
  ],
  [
    'a text colour that is too pale on its ground',
    { ...valid, theme: { goodGround: ['#17693a', '#16301f'] } },
    'theme.good #17693a on goodGround #17693a has a contrast of 1.00 in the light scheme. It must be at least 4.5.',
  ],
])('%s is refused with its path: %j', (_what, given, fault) => {
  expect(faultsOfConfig(given)).toEqual([fault])
})

test('mistyped members and roles do not compile', () => {
  const given = defineAuth({ roles: ['member', 'editor'], administrators: ['editor'] })
  // @ts-expect-error: `editr` is not in `roles`.
  defineAuth({ roles: ['member', 'editor'], administrators: ['editr'] })
  // @ts-expect-error: a member has another name.
  defineAuth({ roles: ['member'], administrators: [], serviceNam: 'Notes' })
  const [first]: readonly ('member' | 'editor')[] = given.roles
  // @ts-expect-error: no role has this name.
  expect(first === 'membr').toBe(false)
})

test('the longest claimed attributes take as many bytes as any that users may have', () => {
  const claim = 'n:a'
  const longest = longestClaimed({
    plan: { type: 'string', values: ['éé', '"', 'free'], claim },
    team: { type: 'string', maxLength: 3, claim },
    seats: { type: 'number', claim },
    beta: { type: 'boolean', claim },
    unclaimed: { type: 'string' },
  })
  expect(longest).toEqual({ plan: 'éé', team: '"""', seats: expect.any(Number), beta: false })
  expect(String(longest.seats)).toHaveLength(25)
  const bytes = (text: string) => Buffer.byteLength(JSON.stringify(JSON.stringify(text)))
  const all = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code))
  const allowed = all.filter((text) => mayBe({ type: 'string' }, text))
  expect(Math.max(...allowed.map(bytes))).toBe(bytes('"'))
})

test('every fault of the links is named', () => {
  const links = { terms: 'terms', privacy: 'http://example.com', imprint: '/imprint' }
  const rule = 'must be an https URL such as https://example.com/terms, or a path such as /terms.'
  expect(faultsOfConfig({ ...valid, theme: { links } })).toEqual([
    `theme.links.terms ${rule}`,
    `theme.links.privacy ${rule}`,
    'theme.links.imprint is unknown.',
  ])
})
