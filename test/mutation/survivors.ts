/**
 * Mutants that no test fails for, and why none can or should: by file, the change and its reason.
 *
 * `npm run test:mutation` fails if its survivors are others. It prints each as it is written here.
 */
export const SURVIVORS: Record<string, [change: string, reason: string][]> = {
  'functions/authorizer.ts': [
    [
      String.raw`const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [] → const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : "Stryker was here!") ?? []`,
      'Neither text has the form of a header with a token.',
    ],
    [
      String.raw`const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [] → const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? ["Stryker was here"]`,
      'The token is the second element, which both arrays lack.',
    ],
  ],
  'lib/http/body.ts': [
    [
      `const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') → const bytes = Buffer.from(body ?? "Stryker was here!", isBase64Encoded ? 'base64' : 'utf8')`,
      'Neither text is JSON, so a missing body has the same response.',
    ],
    [
      `const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') → const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : "")`,
      'Node reads an empty name of an encoding as UTF-8.',
    ],
    [
      String.raw`const strings = jsonText.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g) → const strings = jsonText.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)/g)`,
      'A value has no colon after it, so it is not counted. No known name begins with a colon, so no other match begins at its end.',
    ],
  ],
  'lib/sessions/end.ts': [
    [
      `if (!session || !user || !isLive(session, user, now)) return 'ended' → if (!session || !user || !isLive(session, user, now)) return ""`,
      'The result only ends the repetition. Any value but undefined does.',
    ],
  ],
  'lib/sessions/list.ts': [
    [
      'next: live.length > page.length ? page.at(-1)?.id : found.next, → next: live.length > page.length ? page.at(-1).id : found.next,',
      'A page that is shorter than the list is not empty. The types do not know it.',
    ],
  ],
  'lib/sessions/store.ts': [
    [
      `const sessionIdIn = (item: Item): string => text(item, 'sk').replace(/^session#/, '') → const sessionIdIn = (item: Item): string => text(item, 'sk').replace(/session#/, '')`,
      'Both reads return only keys that begin so, and the rest of such a key contains no #.',
    ],
    [
      `userId: text(item, 'pk').replace(/^user#/, ''), → userId: text(item, 'pk').replace(/user#/, ''),`,
      'Both reads return only keys that begin so, and the rest of such a key contains no #.',
    ],
  ],
  'lib/tokens/access-token.ts': [
    [
      'const key = kid === undefined ? undefined : keys.get(kid) → const key = false ? undefined : keys.get(kid)',
      'The keys have no key for undefined. The types do not know it.',
    ],
    [
      `function parseJson(part = ''): unknown { → function parseJson(part = "Stryker was here!"): unknown {`,
      'All callers give a part. The types do not know it.',
    ],
    [
      'if (exp === undefined || !Number.isSafeInteger(exp)) → if (false || !Number.isSafeInteger(exp))',
      'A missing exp is no safe integer. The types do not know it.',
    ],
    [
      'if (iat === undefined || iat > secondOf(now) + CLOCK_SKEW_SECONDS) { → if (false || iat > secondOf(now) + CLOCK_SKEW_SECONDS) {',
      'A token without iat has been rejected by jose. The types do not know it.',
    ],
    ['} catch { return undefined } → } catch {}', 'A function without a return returns undefined.'],
  ],
  'lib/tokens/public-keys.ts': [
    [
      'if (cause === undefined || !REFUSALS.has(cause)) throw error → if (false || !REFUSALS.has(cause)) throw error',
      'A missing type is not among the refusals. The types do not know it.',
    ],
  ],
  'lib/tokens/signer.ts': [
    [
      `const signature = Buffer.from(typeof Signature === 'string' ? Signature : '', 'base64') → const signature = Buffer.from(typeof Signature === 'string' ? Signature : "Stryker was here!", 'base64')`,
      'No public key verifies either text as a signature.',
    ],
  ],
  'lib/users/store.ts': [
    [
      `return Item !== undefined && optionalText(Object(Item), 'requestId') === requestId → return true && optionalText(Object(Item), 'requestId') === requestId`,
      'A missing item has no request id.',
    ],
  ],
}
