import { brokenRule, type RedirectRules, type RuleName } from './redirect-uri.ts'

// For operators. The functions only compare URIs, so their bundles do not contain these sentences.

const SENTENCES: Record<RuleName, (value: string) => string> = {
  machine: () => 'A machine client has no redirect URI.',
  length: (most) => `It must not have more than ${most} characters.`,
  fragment: () => 'It must not have a fragment (RFC 6749 section 3.1.2).',
  wildcard: () => 'It must not have a wildcard. Register each URI.',
  characters: () => 'It has a character that is not allowed in a URI. Encode it with a percent sign.',
  absolute: () => 'It is not an absolute URI, such as https://shop.example/callback.',
  user: () => 'It must not have a username or password.',
  http: () =>
    'It must be https. http is for 127.0.0.1, [::1] and localhost alone, with a port from 1 to 65535.',
  loopback: () => 'Loopback addresses are for native clients, and for development: use --dev.',
  https: () => 'It must be https. Private-use schemes are for native clients (RFC 8252 section 7.1).',
  domain: () =>
    'A private-use scheme is a domain of yours in reverse order, such as com.example.app (RFC 8252 section 7.1).',
  path: () => 'A path follows the scheme: com.example.app:/callback.',
  spelling: (href) => `Write it as browsers do: ${href}`,
  empty_query: () => 'Leave out the empty query.',
  parameter: (name) => `Its query must not have the parameter ${name}, which responses have.`,
}

/**
 * Returns the rule that a redirect URI breaks, as a sentence for the operator, or `undefined`; see {@link brokenRule}.
 *
 * @param uri - As written.
 */
export function brokenRedirectUriRule(uri: string, rules: RedirectRules): string | undefined {
  const [rule, value = ''] = brokenRule(uri, rules) ?? []
  return rule && SENTENCES[rule](value)
}
