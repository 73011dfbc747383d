import { describe, expect, test } from 'vitest'
import { inLanguage } from '../../application/texts.ts'
import { changeSentence, durationOf, listed, originSentence } from './facts.ts'

const facts = { service: 'Test', at: '2026-11-26T09:05:59.400Z', forgotUrl: 'https://service.example/forgot' }
const sentence = (userAgent: string, sourceIp = '203.0.113.7') =>
  originSentence({ ...facts, origin: { sourceIp, userAgent } })

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
const CHROME = 'Chrome/140.0.0.0 Safari/537.36'

describe('the sentence about the origin of a request', () => {
  test('has its time in UTC, its source and its program', () => {
    expect(sentence('curl/8.5.0')).toBe(
      'The request came on 2026-11-26 at 09:05 UTC from 203.0.113.7, with curl.',
    )
  })

  test.each([
    [`${WINDOWS} ${CHROME}`, 'Chrome on Windows'],
    [`${WINDOWS} ${CHROME} Edg/140.0.0.0`, 'Edge on Windows'],
    [`${WINDOWS} ${CHROME} OPR/124.0.0.0`, 'Opera on Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1',
      'Safari on iPad',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    ['curl/8.5.0', 'curl'],
    ['', 'an unknown program'],
    ['python-requests/2.32', 'an unknown program'],
    ['agent (Windows)', 'an unknown program on Windows'],
    ['<a href="https://evil.example">Firefox</a> constructor __proto__', 'Firefox'],
  ])('names %j as %s', (userAgent, program) => {
    expect(sentence(userAgent)).toMatch(new RegExp(`, with ${program}\\.$`))
  })

  test('is about an operator, if the request has no origin', () => {
    expect(originSentence(facts)).toBe('An operator sent this on 2026-11-26 at 09:05 UTC.')
  })
})

// The sentences are English here: the languages of this project have no words.
test.each([
  ['en', '2026-11-26 at 09:05', '24 hours', '2 days', 'A, B, C'],
  ['en-GB', '2026-11-26 at 09:05', '24 hours', '2 days', 'A, B, C'],
  ['de', '26. November 2026 at 09:05', '24 Stunden', '2 Tage', 'A, B und C'],
  ['fr', '26 novembre 2026 at 09:05', '24\u00a0heures', '2\u00a0jours', 'A, B, C'],
  ['ja', '2026年11月26日 at 09:05', '24 時間', '2 日', 'A、B、C'],
])('times, durations and lists are in the language of the mail: %s', (language, when, day, days, list) => {
  const shown = inLanguage(language, () => [
    originSentence(facts),
    changeSentence({ ...facts, origin: { sourceIp: '203.0.113.7', userAgent: 'curl/8.5.0' } }),
    durationOf(86_400),
    durationOf(172_800),
    listed({ ...facts, providers: ['A', 'B', 'C'] }).providers,
  ])
  expect(shown).toEqual([
    `An operator sent this on ${when} UTC.`,
    `The request came on ${when} UTC from 203.0.113.7, with curl.`,
    day,
    days,
    list,
  ])
})
