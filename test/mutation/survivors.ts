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
  'lib/webauthn/cbor.ts': [
    [
      'return SIMPLE[simple]?.[1] → return SIMPLE[simple][1]',
      'The index is that of a value that was found. The types do not know it.',
    ],
  ],
  'lib/factors/passkeys/ceremony.ts': [
    [
      `if (typeof data.origin !== 'string' || !RP_ORIGINS.includes(data.origin)) { → if (false || !RP_ORIGINS.includes(data.origin)) {`,
      'The list contains texts only. The types do not know it.',
    ],
  ],
  'lib/webauthn/cose-key.ts': [
    [
      'if (publicExponent < 3n || publicExponent > MAX_RSA_EXPONENT || publicExponent % 2n === 0n) { → if (publicExponent < 3n || publicExponent >= MAX_RSA_EXPONENT || publicExponent % 2n === 0n) {',
      'The bound is even, so it is refused all the same.',
    ],
    [
      `verify(algorithm === -8 ? undefined : 'sha256', data, key, signature) → verify(true ? undefined : 'sha256', data, key, signature)`,
      'SHA-256 is the default of OpenSSL for keys of EC and RSA.',
    ],
  ],
  'lib/sign-in/login-token.ts': [
    [
      'const [, id, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, id, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
      'The parts are the second and the third element, which both arrays lack.',
    ],
    [
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (false || secret === undefined) throw refusal('login_expired', 'not a login token')`,
      'A match has both parts. The types do not know it.',
    ],
    [
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (id === undefined && secret === undefined) throw refusal('login_expired', 'not a login token')`,
      'A match has both parts. The types do not know it.',
    ],
    [
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (id === undefined || false) throw refusal('login_expired', 'not a login token')`,
      'A match has both parts. The types do not know it.',
    ],
  ],
  'lib/sign-in/next-step.ts': [
    [
      'hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve([]), → hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve(["Stryker was here"]),',
      'The response that leads to an enrolment names no recovery codes.',
    ],
  ],
  'lib/sign-in/code.ts': [
    [
      `const codeHash = hashRecoveryCode(userId, readRecoveryCode(typed) ?? '') → const codeHash = hashRecoveryCode(userId, readRecoveryCode(typed) ?? "Stryker was here!")`,
      'No stored code has either hash.',
    ],
  ],
  'lib/factors/totp/totp.ts': [
    [
      'for (bits += 8; bits >= 5; bits -= 5) { → for (bits += 8; bits > 5; bits -= 5) {',
      'Five bits that are left are written with the next byte, or at the end.',
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
  'lib/mail/confirmation.ts': [
    [
      'const [, mailId, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, mailId, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
      'The parts are the second and the third element, which both arrays lack.',
    ],
    [
      'if (codeHash === undefined || codeExpiresAt === undefined) return false → if (codeHash === undefined || false) return false',
      'A code without an end is expired: the comparison with undefined is false. The types do not know it.',
    ],
    [
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return false || secret === undefined ? undefined : { mailId, secret }',
      'A match has both parts. The types do not know it.',
    ],
    [
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return mailId === undefined && secret === undefined ? undefined : { mailId, secret }',
      'A match has both parts. The types do not know it.',
    ],
    [
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return mailId === undefined || false ? undefined : { mailId, secret }',
      'A match has both parts. The types do not know it.',
    ],
  ],
  'lib/mail/plan.ts': [
    [
      'if (to === undefined || owner.disabled) return undefined → if (false || owner.disabled) return undefined',
      'An owner who was found by an address has one. The types do not know it.',
    ],
    [
      'if (user === undefined || to === undefined || reset?.mailId !== mailId) return undefined → if (false || to === undefined || reset?.mailId !== mailId) return undefined',
      'A missing user has no mailbox. The types do not know it.',
    ],
  ],
  'lib/http/sessions/cookie.ts': [
    [
      `const pairs = sent.flatMap(([, value]) => [value ?? []].flat().join(';').split(';')) → const pairs = sent.flatMap(([, value]) => [value ?? ["Stryker was here"]].flat().join(';').split(';'))`,
      'Neither text contains the cookie.',
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
  'lib/sessions/refresh-token.ts': [
    [
      'const [, userId, selector, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, userId, selector, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
      'The parts come after the first element, which both arrays lack.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if ((userId === undefined || selector === undefined) && secret === undefined) return undefined',
      'A match has all parts. The types do not know it.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (false || secret === undefined) return undefined',
      'A match has all parts. The types do not know it.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (false || selector === undefined || secret === undefined) return undefined',
      'A match has all parts. The types do not know it.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined && selector === undefined || secret === undefined) return undefined',
      'A match has all parts. The types do not know it.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined || false || secret === undefined) return undefined',
      'A match has all parts. The types do not know it.',
    ],
    [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined || selector === undefined || false) return undefined',
      'A match has all parts. The types do not know it.',
    ],
  ],
  'lib/sessions/replaced.ts': [
    [
      `const [userId = '', id = ''] = name.split('.') → const [userId = "Stryker was here!", id = ''] = name.split('.')`,
      'A split text has a first part. The types do not know it.',
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
  'lib/throttling/store.ts': [
    [
      'const expiryOf = (mark: Item | undefined): number => Number(Object(mark?.expiresAt).N ?? 0) → const expiryOf = (mark: Item | undefined): number => Number(Object(mark.expiresAt).N ?? 0)',
      'The end is read after the owner, which a missing mark does not have. The types do not know it.',
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
  'lib/tokens/custom-claims.ts': [
    [
      `export const customClaims = (_user: Pick<UserState, 'id' | 'username' | 'role'>): object => ({}) → export const customClaims = () => undefined`,
      'The claims are spread into others, and undefined adds none either.',
    ],
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
  'lib/users/factors.ts': [
    [`.join(' ') || undefined → .join("") || undefined`, 'Of two factors, one at most is left.'],
    [
      `export const factorsOf = ({ factors = '' }: FactorState): Factor[] => → export const factorsOf = ({ factors = "Stryker was here!" }: FactorState): Factor[] =>`,
      'Neither text names a factor.',
    ],
  ],
  'lib/users/store.ts': [
    [
      `return Item !== undefined && optionalText(Object(Item), 'changeId') === changeId → return true && optionalText(Object(Item), 'changeId') === changeId`,
      'A missing item has no change id.',
    ],
  ],
}
