/** What shows the subject of a module: a test, or the reason why no test does. */
interface Covered {
  /** From the root of the repository. */
  file?: string
  /** Title as it stands there. */
  title?: string
  /** Row of its table. */
  row?: string
  /** Why no test shows it, or how the service differs. */
  why?: string
}

const EXCHANGE = 'test/federation/exchange.test.ts'
const ADD = 'test/operator/providers/add.test.ts'

const SIGN_IN: Covered = {
  file: EXCHANGE,
  title: 'a code becomes the identity of an id_token, for the client secret and the verifier',
}
const refused = (row: string): Covered => ({ file: EXCHANGE, title: 'an id_token %s is refused', row })
const NO_USERINFO: Covered = {
  why: 'The service asks no userinfo endpoint: all that it needs is in the id_token, and no access token is kept.',
}
const NEW_KEY: Covered = {
  file: EXCHANGE,
  title: 'a new key is fetched for its kid, when the known keys are a minute old',
  why: 'Until then, a stranger with a made-up kid would cause a request each time.',
}

/**
 * The test modules of two plans of the OpenID conformance suite for clients, in their order there: `OIDCCClientBasicTestPlan.java` and
 * `OIDCCClientConfigTestPlan.java` (https://gitlab.com/openid/conformance-suite). The service is such a client, of other providers.
 *
 * The plan for `form_post` has the modules of the first one: only Apple responds so.
 */
export const CLIENT_PLANS = {
  'oidcc-client-basic-certification-test-plan': {
    'oidcc-client-test': SIGN_IN,
    'oidcc-client-test-invalid-iss': refused('of another issuer'),
    'oidcc-client-test-missing-sub': refused('without a subject'),
    'oidcc-client-test-invalid-aud': refused('for another client'),
    'oidcc-client-test-missing-iat': refused('without an instant'),
    'oidcc-client-test-kid-absent-single-jwks': {
      file: EXCHANGE,
      title: 'is accepted, if the provider has one key',
    },
    'oidcc-client-test-kid-absent-multiple-jwks': {
      file: EXCHANGE,
      title: 'is refused, if it has two',
      why: 'The suite also accepts a client that tries each key.',
    },
    'oidcc-client-test-idtoken-sig-rs256': SIGN_IN,
    'oidcc-client-test-idtoken-sig-none': refused('without a signature'),
    'oidcc-client-test-invalid-sig-rs256': refused('signed by another key'),
    'oidcc-client-test-userinfo-invalid-sub': NO_USERINFO,
    'oidcc-client-test-nonce-invalid': refused('of another nonce'),
    'oidcc-client-test-scope-userinfo-claims': NO_USERINFO,
    'oidcc-client-test-client-secret-basic': SIGN_IN,
  },
  'oidcc-client-config-certification-test-plan': {
    'oidcc-client-test-discovery-openid-config': {
      file: ADD,
      title: 'stores the endpoints of a provider, and its secret encrypted',
      why: 'A command reads the document when an operator adds a provider, not each sign-in.',
    },
    'oidcc-client-test-discovery-jwks-uri-keys': {
      file: EXCHANGE,
      title: 'are fetched once, and old ones serve in an outage',
    },
    'oidcc-client-test-discovery-issuer-mismatch': {
      file: ADD,
      title: 'a provider whose document %s is refused',
      row: 'says another issuer',
    },
    'oidcc-client-test-idtoken-sig-none': refused('without a signature'),
    'oidcc-client-test-signing-key-rotation-just-before-signing': NEW_KEY,
    'oidcc-client-test-signing-key-rotation': NEW_KEY,
  },
} satisfies Record<string, Record<string, Covered>>
