/**
 * Mutants that no test fails for, and why none can or should: by file and reason, the changes.
 *
 * `npm run test:mutation` fails if its survivors are others. It prints each as it is written here.
 */
export const SURVIVORS: Record<string, Record<string, string[]>> = {
  'lib/authorization/http-api.ts': {
    'No route is listed in either array.': [
      '(routes ? readListedRoutes(routes, RULE) : []).find(({ resource }) => resource === listedRoute(routeKey)) → (routes ? readListedRoutes(routes, RULE) : ["Stryker wa … d(({ resource }) => resource === listedRoute(routeKey))',
    ],
    'Neither text has a scope.': [
      `export const takesClients = (routes = ''): boolean => /[=|]scope:/.test(routes) → export const takesClients = (routes = "Stryker was here!"): boolean => /[=|]scope:/.test(routes)`,
    ],
    'The route is the second element, which both arrays lack.': [
      'const [header, route, ...others] = Array.isArray(identitySource) ? identitySource : [] → const [header, route, ...others] = Array.isArray(identitySource) ? identitySource : ["Stryker was here"]',
    ],
  },
  'lib/passwords/verify.ts': {
    'Only the hash of a user has a password. The types do not know it.': [
      'return matches && !user?.disabled ? user : undefined → return matches && !user.disabled ? user : undefined',
    ],
  },
  'lib/authorization/listed-routes.ts': {
    'Both elements are missing, or neither. The types do not know it.': [
      String.raw`const [, resource, names] = /^([A-Z]+\/[^= ]*)=([^= ]+)$/.exec(route) ?? [] → const [, resource, names] = /^([A-Z]+\/[^= ]*)=([^= ]+)$/.exec(route) ?? ["Stryker was here"]`,
      'if (resource === undefined || names === undefined) throw new Error(rule) → if (false || names === undefined) throw new Error(rule)',
      'if (resource === undefined || names === undefined) throw new Error(rule) → if (resource === undefined && names === undefined) throw new Error(rule)',
      'if (resource === undefined || names === undefined) throw new Error(rule) → if (resource === undefined || false) throw new Error(rule)',
    ],
  },
  'lib/sign-in/complete.ts': {
    'Only the log has the reason.': [
      `const userChanged = () => new ServiceError('invalid_credentials', 'the user changed') → const userChanged = () => new ServiceError('invalid_credentials', "")`,
      `throw new ServiceError('unavailable', 'the session moved') → throw new ServiceError('unavailable', "")`,
    ],
    'It is asked only for writes that were refused.': [
      'const isRefused = (write: TransactWrite) => refused?.[all.indexOf(write)] → const isRefused = (write: TransactWrite) => refused[all.indexOf(write)]',
    ],
    'What is found renews no session of another user.': [
      'const first = presented?.userId === user.id ? await find() : undefined → const first = true ? await find() : undefined',
    ],
  },
  'lib/oauth/apps.ts': {
    'No grant has the generation of another app, which is random.': [
      `const isOfClient = grant.clientId === client.id → const isOfClient = true`,
    ],
    'No client has a scope of this name.': [
      'if (!maySkipScreen(client)) return [] → if (!maySkipScreen(client)) return ["Stryker was here"]',
    ],
  },
  'lib/oauth/codes/code.ts': {
    'Every form of a hash is as good.': [
      `hash('sha256', \`\${code} \${sourceIp}\`, 'base64url') → hash('sha256', \`\${code} \${sourceIp}\`, "")`,
    ],
  },
  'lib/oauth/grants/store.ts': {
    'The prefix is the first such text.': [
      `id: text(item, 'sk').replace(/^grant#/, ''), → id: text(item, 'sk').replace(/grant#/, ''),`,
      `userId: text(item, 'pk').replace(/^grants#/, ''), → userId: text(item, 'pk').replace(/grants#/, ''),`,
    ],
  },
  'lib/oauth/clients/store.ts': {
    'The prefix is the first such text.': [
      `id: text(item, 'pk').replace(/^client#/, ''), → id: text(item, 'pk').replace(/client#/, ''),`,
    ],
    'No attribute has one of these names within its own.': [
      String.raw`const IMPLIED = /^(generation|earlierSecret\w+)$/ → const IMPLIED = /(generation|earlierSecret\w+)$/`,
      String.raw`const IMPLIED = /^(generation|earlierSecret\w+)$/ → const IMPLIED = /^(generation|earlierSecret\w+)/`,
    ],
  },
  'lib/oauth/documents/store.ts': {
    'Every form of a hash is as good.': [
      `pk: { S: \`document#\${hash('sha256', url, 'base64url')}\` }, → pk: { S: \`document#\${hash('sha256', url, "")}\` },`,
    ],
  },
  'lib/oauth/authorize/client.ts': {
    'Every URL has a client, and a missing member is undefined.': [
      `if (client === undefined || !isClientUrl(clientId)) return { client } → if (false || !isClientUrl(clientId)) return { client }`,
      `return { client: undefined } → return {}`,
    ],
    'No prompt has this name.': [
      `const prompts = parameterOf(parameters, 'prompt')?.split(' ') ?? [] → const prompts = parameterOf(parameters, 'prompt')?.split(' ') ?? ["Stryker was here"]`,
    ],
  },
  'lib/oauth/authorize/error.ts': {
    'No app is stored for a missing user.': [
      `return userId !== undefined && (await findAllowedApp(table, userId, client)) !== undefined → return true && (await findAllowedApp(table, userId, client)) !== undefined`,
    ],
  },
  'lib/oauth/token/revoke.ts': {
    'A token that this service has issued has both, or neither.': [
      `if (!isUserId(sub) || !isSessionId(gid)) return { clientId, isOfGrant: false } → if (!isUserId(sub) && !isSessionId(gid)) return { clientId, isOfGrant: false }`,
    ],
  },
  'lib/oauth/documents/addresses.ts': {
    'Node.js takes every family but ipv4 as ipv6.': [
      `listOf('ipv6', [OPEN_IPV6]).check(address, 'ipv6') && !listOf('ipv6', CLOSED_IPV6).check(address, 'ipv6') → listOf('ipv6', [OPEN_IPV6]).check(address, "") && !listOf('ipv6', CLOSED_IPV6).check(address, 'ipv6')`,
      `listOf('ipv6', [OPEN_IPV6]).check(address, 'ipv6') && !listOf('ipv6', CLOSED_IPV6).check(address, 'ipv6') → listOf('ipv6', [OPEN_IPV6]).check(address, 'ipv6') && !listOf('ipv6', CLOSED_IPV6).check(address, "")`,
    ],
    'Text that is no address has no family.': [
      `if (family !== 6 || address.includes('%')) return false → if (false || address.includes('%')) return false`,
    ],
  },
  'lib/oauth/documents/fetching.ts': {
    'Neither text is the type of a document, or forbids to keep it.': [
      `if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw unfitResponse('the content type is not JSON') → if (!JSON_TYPE.test(headers['content-type'] ?? "Stryker … ")) throw unfitResponse('the content type is not JSON')`,
      `const { 'content-encoding': encoding = 'identity', 'cache-control': cacheControl = '' } = headers → const { 'content-encoding': encoding = 'identity', 'cac … ontrol': cacheControl = "Stryker was here!" } = headers`,
    ],
  },
  'lib/oauth/authorize/hint.ts': {
    'No key has either id.': [
      `if (!keys.has(unverified.kid ?? '')) return 'unpublished' → if (!keys.has(unverified.kid ?? "Stryker was here!")) return 'unpublished'`,
    ],
  },
  'lib/oauth/sign-out.ts': {
    'An id_token of a session is one of its user.': [
      'const isOfSession = hint?.sessionId === session.id && hint.userId === session.userId → const isOfSession = hint?.sessionId === session.id && true',
    ],
  },
  'lib/oauth/authorize/request.ts': {
    'A missing value breaks the rule before, or keeps this one with either text.': [
      `!/^[ -~]*$/.test(value('nonce') ?? '') || → !/^[ -~]*$/.test(value('nonce') ?? "Stryker was here!") ||`,
      `JSON.stringify(value('nonce') ?? '').length - 2 > MAX_NONCE_BYTES, → JSON.stringify(value('nonce') ?? "Stryker was here!").length - 2 > MAX_NONCE_BYTES,`,
      `(value) => !S256_CHALLENGE.test(value('code_challenge') ?? ''), → (value) => !S256_CHALLENGE.test(value('code_challenge') ?? "Stryker was here!"),`,
      `challenge: value('code_challenge') ?? '', → challenge: value('code_challenge') ?? "Stryker was here!",`,
    ],
  },
  'lib/oauth/authorize/outcome.ts': {
    'Only the log has the reason.': [
      `rejectIfRefused(reservation, 'too_many_mails', 'too many approvals', details) → rejectIfRefused(reservation, 'too_many_mails', "", details)`,
      `throw new ServiceError('unavailable', 'the app kept changing') → throw new ServiceError('unavailable', "")`,
    ],
  },
  'lib/oauth/authorize/target.ts': {
    'Only the log has the reason.': [
      `new ServiceError('malformed_body', \`request of an app: \${error}\`, { → new ServiceError('malformed_body', \`\`, {`,
    ],
  },
  'lib/oauth/scopes.ts': {
    'A split text has a first part. The types do not know it.': [
      `const [first = '', scope] = entry.split(' ') → const [first = "Stryker was here!", scope] = entry.split(' ')`,
    ],
    'A request without an API has only standard scopes. The types do not know it.': [
      'scopes.map((scope) => (api === undefined || isStandard(scope) ? scope : entryOf(api, scope))) → scopes.map((scope) => (false || isStandard(scope) ? scope : entryOf(api, scope)))',
    ],
  },
  'lib/oauth/apis/api.ts': {
    'No two scopes of an API have the same name.': [
      `.sort((a, b) => (a.name < b.name ? -1 : 1)) → .sort((a, b) => (a.name <= b.name ? -1 : 1))`,
    ],
  },
  'lib/oauth/clients/redirect-uri-rules.ts': {
    'A rule without a value has a sentence without one.': [
      `const [rule, value = ''] = brokenRule(uri, rules) ?? [] → const [rule, value = "Stryker was here!"] = brokenRule(uri, rules) ?? []`,
    ],
  },
  'lib/oauth/documents/document.ts': {
    'Every native client may use a loopback address.': [
      `(uri) => brokenRule(uri, { type: 'native', local: false }) === undefined, → (uri) => brokenRule(uri, { type: 'native', local: true }) === undefined,`,
    ],
    'A function without a return returns undefined.': ['} catch { return undefined } → } catch {}'],
  },
  'lib/oauth/documents/name.ts': {
    'Neither text has an unseen character.': [
      `return !isBroken && isLine(name) && !UNSEEN.test(name.replaceAll(EMOJI_STYLE, '')) → return !isBroken && isLine(name) && !UNSEEN.test(name.replaceAll(EMOJI_STYLE, "Stryker was here!"))`,
    ],
  },
  'lib/webauthn/cbor.ts': {
    'The index is that of a value that was found. The types do not know it.': [
      'return SIMPLE[simple]?.[1] → return SIMPLE[simple][1]',
    ],
  },
  'lib/factors/passkeys/ceremony.ts': {
    'The list contains texts only. The types do not know it.': [
      `if (typeof data.origin !== 'string' || !RP_ORIGINS.includes(data.origin)) { → if (false || !RP_ORIGINS.includes(data.origin)) {`,
    ],
  },
  'lib/webauthn/cose-key.ts': {
    'The bound is even, so it is refused all the same.': [
      'if (publicExponent < 3n || publicExponent > MAX_RSA_EXPONENT || publicExponent % 2n === 0n) { → if (publicExponent < 3n || publicExponent >= MAX_RSA_EXPONENT || publicExponent % 2n === 0n) {',
    ],
    'SHA-256 is the default of OpenSSL for keys of EC and RSA.': [
      `verify(algorithm === -8 ? undefined : 'sha256', data, key, signature) → verify(true ? undefined : 'sha256', data, key, signature)`,
    ],
  },
  'lib/events/bus.ts': {
    'Node asks for / if the path is empty.': [
      `return readOutput(await send('/', sign(operation, body, now), body, timeoutMs)) → return readOutput(await send("", sign(operation, body, now), body, timeoutMs))`,
    ],
  },
  'lib/events/event.ts': {
    'No type has one of these words after another one.': [
      `const kind = /^(session|factor|grant)/.test(what.type) ? 'session' : 'change' → const kind = /(session|factor|grant)/.test(what.type) ? 'session' : 'change'`,
    ],
  },
  'lib/events/own.ts': {
    'No sign-in has this id.': [
      'before === undefined ? [] : loginsCompletedAfter(table, userId, before), → before === undefined ? ["Stryker was here"] : loginsCompletedAfter(table, userId, before),',
    ],
    'Neither text is a time.': [
      String.raw`const [, at = ''] = /^(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)#[\w-]+$/.exec(placeIn(value)) ?? [] → const [, at = "Stryker was here!"] = /^(2\d{3}-\d\d-\d\ … :\d\d:\d\d\.\d{3}Z)#[\w-]+$/.exec(placeIn(value)) ?? []`,
    ],
    'The time is the second element, which both arrays lack.': [
      String.raw`const [, at = ''] = /^(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)#[\w-]+$/.exec(placeIn(value)) ?? [] → const [, at = ''] = /^(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\ … )#[\w-]+$/.exec(placeIn(value)) ?? ["Stryker was here"]`,
    ],
  },
  'lib/events/publish.ts': {
    'No type has one of these words after another one.': [
      String.raw`const OF_CLIENTS = /^(grant|consent)\./ → const OF_CLIENTS = /(grant|consent)\./`,
    ],
    'Neither element has an id or a code.': [
      'const outcomes: Outcome[] = Array.isArray(Entries) ? Entries : [] → const outcomes: Outcome[] = Array.isArray(Entries) ? Entries : ["Stryker was here"]',
    ],
    'No entries need no call.': [
      'for (let start = 0; start < leaving.length; start += ENTRIES_PER_CALL) { → for (let start = 0; start <= leaving.length; start += ENTRIES_PER_CALL) {',
    ],
    'A comparison with NaN is false. The types do not know it.': [
      'if (writtenAt !== undefined && Math.abs(writtenAt * 1_000 - Date.parse(event.at)) > COPIED_AFTER_MS) { → if (true && Math.abs(writtenAt * 1_000 - Date.parse(event.at)) > COPIED_AFTER_MS) {',
    ],
    'Only the first match is replaced, and a subject with # begins so.': [
      `subject: subject.replace(/^[a-z-]+#/, ''), → subject: subject.replace(/[a-z-]+#/, ''),`,
    ],
    'A function without a return returns undefined.': ['} catch { return undefined } → } catch {}'],
  },
  'lib/events/store.ts': {
    'A split text has a first part. The types do not know it.': [
      `const end = Date.parse(place.split('#')[0] ?? '') + SIGN_IN_SECONDS * 1_000 → const end = Date.parse(place.split('#')[0] ?? "Stryker was here!") + SIGN_IN_SECONDS * 1_000`,
    ],
    'No two events have the same place.': [
      'const newestFirst = (a: AuditEvent, b: AuditEvent): number => (a.place < b.place ? 1 : -1) → const newestFirst = (a: AuditEvent, b: AuditEvent): number => (a.place <= b.place ? 1 : -1)',
    ],
    'Only the first match is replaced, and each sort key begins so.': [
      String.raw`place: text(item, 'sk').replace(/^\w+#/, ''), → place: text(item, 'sk').replace(/\w+#/, ''),`,
    ],
  },
  'lib/sign-in/login-token.ts': {
    'The parts are the second and the third element, which both arrays lack.': [
      'const [, id, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, id, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
    ],
    'A match has both parts. The types do not know it.': [
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (false || secret === undefined) throw refusal('login_expired', 'not a login token')`,
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (id === undefined && secret === undefined) throw refusal('login_expired', 'not a login token')`,
      `if (id === undefined || secret === undefined) throw refusal('login_expired', 'not a login token') → if (id === undefined || false) throw refusal('login_expired', 'not a login token')`,
    ],
  },
  'lib/sign-in/next-step.ts': {
    'The response that leads to an enrolment names no recovery codes.': [
      'hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve([]), → hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve(["Stryker was here"]),',
    ],
  },
  'lib/sign-in/code.ts': {
    'No stored code has either hash.': [
      `const codeHash = hashRecoveryCode(userId, readRecoveryCode(typed) ?? '') → const codeHash = hashRecoveryCode(userId, readRecoveryCode(typed) ?? "Stryker was here!")`,
    ],
  },
  'lib/factors/totp/totp.ts': {
    'Five bits that are left are written with the next byte, or at the end.': [
      'for (bits += 8; bits >= 5; bits -= 5) { → for (bits += 8; bits > 5; bits -= 5) {',
    ],
  },
  'lib/http/body.ts': {
    'Neither text is JSON, so a missing body has the same response.': [
      `const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') → const bytes = Buffer.from(body ?? "Stryker was here!", isBase64Encoded ? 'base64' : 'utf8')`,
    ],
    'Node reads an empty name of an encoding as UTF-8.': [
      `const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8') → const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : "")`,
    ],
    'A value has no colon after it, so it is not counted. No known name begins with a colon, so no other match begins at its end.':
      [
        String.raw`const strings = jsonText.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g) → const strings = jsonText.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)/g)`,
      ],
  },
  'lib/mail/confirmation.ts': {
    'The parts are the second and the third element, which both arrays lack.': [
      'const [, mailId, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, mailId, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
    ],
    'A code without an end is expired: the comparison with undefined is false. The types do not know it.': [
      'if (codeHash === undefined || codeExpiresAt === undefined) return false → if (codeHash === undefined || false) return false',
    ],
    'A match has both parts. The types do not know it.': [
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return false || secret === undefined ? undefined : { mailId, secret }',
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return mailId === undefined && secret === undefined ? undefined : { mailId, secret }',
      'return mailId === undefined || secret === undefined ? undefined : { mailId, secret } → return mailId === undefined || false ? undefined : { mailId, secret }',
    ],
  },
  'lib/mail/plan.ts': {
    'A sign-in by a mail has the origin of its request. The types do not know it.': [
      'const asked = { loginName: email, userId: user.id, sourceIp: facts.origin?.sourceIp } → const asked = { loginName: email, userId: user.id, sourceIp: facts.origin.sourceIp }',
    ],
    'An owner who was found by an address has one. The types do not know it.': [
      'if (to === undefined || owner.disabled) return undefined → if (false || owner.disabled) return undefined',
    ],
  },
  'lib/http/sessions/cookie.ts': {
    'Neither text contains the cookie.': [
      `const pairs = sent.flatMap(([, value]) => [value ?? []].flat().join(';').split(';')) → const pairs = sent.flatMap(([, value]) => [value ?? ["Stryker was here"]].flat().join(';').split(';'))`,
    ],
  },
  'lib/sessions/end.ts': {
    'The result only ends the repetition. Any value but undefined does.': [
      `if (!session || !user || !isLive(session, user, now)) return 'ended' → if (!session || !user || !isLive(session, user, now)) return ""`,
    ],
  },
  'lib/sessions/list.ts': {
    'A page that is shorter than the list is not empty. The types do not know it.': [
      'next: live.length > page.length ? page.at(-1)?.id : found.next, → next: live.length > page.length ? page.at(-1).id : found.next,',
    ],
  },
  'lib/sessions/refresh-token.ts': {
    'The parts come after the first element, which both arrays lack.': [
      'const [, userId, selector, secret] = TOKEN.exec(unverifiedToken) ?? [] → const [, userId, selector, secret] = TOKEN.exec(unverifiedToken) ?? ["Stryker was here"]',
    ],
    'A match has all parts. The types do not know it.': [
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if ((userId === undefined || selector === undefined) && secret === undefined) return undefined',
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (false || secret === undefined) return undefined',
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (false || selector === undefined || secret === undefined) return undefined',
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined && selector === undefined || secret === undefined) return undefined',
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined || false || secret === undefined) return undefined',
      'if (userId === undefined || selector === undefined || secret === undefined) return undefined → if (userId === undefined || selector === undefined || false) return undefined',
    ],
  },
  'lib/sessions/replaced.ts': {
    'A split text has a first part. The types do not know it.': [
      `const [userId = '', id = ''] = name.split('.') → const [userId = "Stryker was here!", id = ''] = name.split('.')`,
    ],
  },
  'lib/sessions/store.ts': {
    'Both reads return only keys that begin so, and the rest of such a key contains no #.': [
      `const sessionIdIn = (item: Item): string => text(item, 'sk').replace(/^session#/, '') → const sessionIdIn = (item: Item): string => text(item, 'sk').replace(/session#/, '')`,
      `userId: text(item, 'pk').replace(/^user#/, ''), → userId: text(item, 'pk').replace(/user#/, ''),`,
    ],
  },
  'lib/throttling/known-sources.ts': {
    'The end is read after the owner, which a missing mark does not have. The types do not know it.': [
      'const expiryOf = (mark: Item | undefined): number => Number(Object(mark?.expiresAt).N ?? 0) → const expiryOf = (mark: Item | undefined): number => Number(Object(mark.expiresAt).N ?? 0)',
    ],
  },
  'lib/tokens/access-token.ts': {
    'The keys have no key for undefined. The types do not know it.': [
      'const key = kid === undefined ? undefined : keys.get(kid) → const key = false ? undefined : keys.get(kid)',
    ],
  },
  'lib/tokens/act-token.ts': {
    'A verified token has claims. The types do not know it.': [
      'const { sub, gen, sid } = Object(unverified.jws.payload?.act) → const { sub, gen, sid } = Object(unverified.jws.payload.act)',
    ],
  },
  'lib/tokens/client-token.ts': {
    'No key has either id.': [
      `{ jws, kid = '' }: UnverifiedToken, → { jws, kid = "Stryker was here!" }: UnverifiedToken,`,
    ],
  },
  'lib/tokens/id-token.ts': {
    'A function without a return returns undefined.': ['} catch { return undefined } → } catch {}'],
    'No key has either id.': [
      `{ jws, kid = '' }: UnverifiedToken, → { jws, kid = "Stryker was here!" }: UnverifiedToken,`,
    ],
  },
  'lib/tokens/bearer.ts': {
    'Neither text has the form of a header with a token.': [
      String.raw`const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [] → const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : "Stryker was here!") ?? []`,
    ],
    'The token is the second element, which both arrays lack.': [
      String.raw`const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [] → const [, token] = /^bearer +(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? ["Stryker was here"]`,
    ],
  },
  'lib/tokens/jws.ts': {
    'The second element is missing in both arrays, so the token is refused.': [
      'const [header, payload, signature] = parts.length === 3 ? parts.map(decode) : [] → const [header, payload, signature] = parts.length === 3 ? parts.map(decode) : ["Stryker was here"]',
    ],
    'A function without a return returns undefined.': ['} catch { return undefined } → } catch {}'],
  },
  'lib/tokens/public-keys.ts': {
    'An RSA key has these details. The types do not know it.': [
      "if (Number(key.asymmetricKeyDetails?.modulusLength) < MIN_MODULUS_BITS) throw new TypeError('key too short') → if (Number(key.asymmetricKeyDetails.modulusLength) < MIN_MODULUS_BITS) throw new TypeError('key too short')",
    ],
    'A missing type is not among the refusals. The types do not know it.': [
      'if (cause === undefined || !REFUSALS.has(cause)) throw error → if (false || !REFUSALS.has(cause)) throw error',
    ],
  },
  'lib/tokens/signer.ts': {
    'No public key verifies either text as a signature.': [
      `const signature = Buffer.from(typeof Signature === 'string' ? Signature : '', 'base64') → const signature = Buffer.from(typeof Signature === 'string' ? Signature : "Stryker was here!", 'base64')`,
    ],
  },
  'lib/users/factors.ts': {
    'Of two factors, one at most is left.': [`.join(' ') || undefined → .join("") || undefined`],
    'Neither text names a factor.': [
      `export const factorsOf = ({ factors = '' }: FactorState): Factor[] => → export const factorsOf = ({ factors = "Stryker was here!" }: FactorState): Factor[] =>`,
    ],
  },
  'lib/users/login-name.ts': {
    'Only readers of a refusal see the text.': [
      `'Must be the confirmed address, or 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen).' → ""`,
    ],
  },
  'plugins/routes/authorizers.ts': {
    'Neither text is the name of the authorizer.': [
      `if (type && authorizerId) return '' → if (type && authorizerId) return "Stryker was here!"`,
      `return typeof arn === 'string' ? String(arn.split(/[:-]/).at(-1)) : '' → return typeof arn === 'string' ? String(arn.split(/[:-]/).at(-1)) : "Stryker was here!"`,
    ],
  },
  'plugins/routes/deployed.ts': {
    'The event is one route, so some and every are the same.': [
      `return routesOf({ events: [{ http }] }).some((route) => own.includes(shown(route))) → return routesOf({ events: [{ http }] }).every(route => own.includes(shown(route)))`,
    ],
  },
  'plugins/routes/guards.ts': {
    'No role has this name.': [
      `iamRoles: readonly string[] = [], → iamRoles: readonly string[] = ["Stryker was here"],`,
    ],
  },
  'plugins/routes/http-api.ts': {
    'A text has no routes.': [
      `Object.entries(functions).flatMap(([key, definition]) => (brought.has(key) ? [definition] : [])), → Object.entries(functions).flatMap(([key, definition]) = … ought.has(key) ? [definition] : ["Stryker was here"])),`,
    ],
    'Both sides of the comparison get the same text.': [
      String.raw`const nameless = (path: string) => path.replaceAll(/\{[^}+]*/g, '{').replace(/\/$/, '') → const nameless = (path: string) => path.replaceAll(/\{[^}+]*/g, "").replace(/\/$/, '')`,
    ],
    'Only the first match is replaced, and a key with a space begins so.': [
      String.raw`const paths = all.flatMap(httpRoutesOf).map(({ routeKey }) => nameless(routeKey.replace(/^\S+ /, ''))) → const paths = all.flatMap(httpRoutesOf).map(({ routeKey }) => nameless(routeKey.replace(/\S+ /, '')))`,
    ],
  },
  'plugins/routes/settings.ts': {
    'The longest result is a few bytes shorter, and no test measures it exactly.': [
      `actPolicyFor({ ...user, role, acr: 'aal1', attributes }, ids.userId, LONGEST_ARN, ACT_AS_ROUTES), → actPolicyFor({ ...user, role, acr: "", attributes }, ids.userId, LONGEST_ARN, ACT_AS_ROUTES),`,
      `const ids = { userId: 'a'.repeat(22), sessionId: 'a'.repeat(22), expiresAt: 9_999_999_999 } → const ids = { userId: 'a'.repeat(22), sessionId: "".repeat(22), expiresAt: 9_999_999_999 }`,
      `policyFor({ ...user, role, acr: 'aal2', attributes }, LONGEST_ARN, GUARDED_ROUTES), → policyFor({ ...user, role, acr: "", attributes }, LONGEST_ARN, GUARDED_ROUTES),`,
      `scopes: scopes.join(' ').padEnd(1_024, ' a').split(' '), → scopes: scopes.join("").padEnd(1_024, ' a').split(' '),`,
    ],
  },
  'lib/oauth/token/client.ts': {
    'Neither text has a colon after its decoding.': [
      `const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [] → const [, encoded = "Stryker was here!"] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? []`,
    ],
    'The credentials are the second element, which both arrays lack.': [
      `const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [] → const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? ["Stryker was here"]`,
    ],
    'A match has both parts. The types do not know it.': [
      `const [clientId = '', secret] = parts.slice(1).map(decodeURIComponent) → const [clientId = "Stryker was here!", secret] = parts.slice(1).map(decodeURIComponent)`,
    ],
    'No client has either secret.': [
      `const isValid = hasSecret(client) ? isSecretOf(client, secret ?? '', now) : secret === undefined → const isValid = hasSecret(client) ? isSecretOf(client,  … ret ?? "Stryker was here!", now) : secret === undefined`,
    ],
    'The block also catches the error of a missing match.': [
      'if (parts === null) return undefined → if (false) return undefined',
    ],
    'A function without a return returns undefined.': ['} catch { return undefined } → } catch {}'],
  },
  'lib/oauth/token/exchange.ts': {
    'A spent code has the id of its grant. The types do not know it.': [
      `const { userId, spentBy: grantId = '' } = code → const { userId, spentBy: grantId = "Stryker was here!" } = code`,
    ],
    'Neither text has the form of a verifier.': [
      `if (!isVerifierOf(code, parameterOf(parameters, 'code_verifier') ?? '')) { → if (!isVerifierOf(code, parameterOf(parameters, 'code_verifier') ?? "Stryker was here!")) {`,
    ],
  },
  'lib/oauth/grants/app.ts': {
    'The hash is the second element, which both arrays lack.': [
      'const [, hash] = /^URL_([A-Za-z0-9_-]{43})$/.exec(String(unverifiedId)) ?? [] → const [, hash] = /^URL_([A-Za-z0-9_-]{43})$/.exec(String(unverifiedId)) ?? ["Stryker was here"]',
    ],
  },
  'lib/oauth/grants/list.ts': {
    'Both reads return only keys that begin so, and the rest of such a key contains no #.': [
      `id: text(item, 'sk').replace(/^grant#/, ''), → id: text(item, 'sk').replace(/grant#/, ''),`,
    ],
  },
}
