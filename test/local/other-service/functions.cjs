let calls = 0
const attempts = new Map()

const statement = (Effect, Resource) => ({ Action: 'execute-api:Invoke', Effect, Resource })

/** Statements of the authorizer, by the name of the token. */
const POLICIES = {
  all: (stage) => [statement('Allow', `${stage}/*`)],
  'this-route': (_stage, methodArn) => [statement('Allow', methodArn)],
  'all-but-other': (stage) => [statement('Allow', `${stage}/*`), statement('Deny', `${stage}/GET/other`)],
  'all-but-other-denied-first': (stage) => [
    statement('Deny', `${stage}/*/other`),
    statement('Allow', `${stage}/*`),
  ],
  nothing: () => [],
}
const ERRORS = {
  unauthorized: 'Unauthorized',
  'unauthorized-and-more': 'Unauthorized: expired',
  'unauthorized-in-lower-case': 'unauthorized',
  crash: 'crash',
}
const WRONG_CONTEXTS = { 'list-in-context': { roles: ['admin'] }, 'null-in-context': { role: null } }

module.exports = {
  async authorizer({ authorizationToken, methodArn }) {
    calls += 1
    const name = authorizationToken.slice('Bearer '.length)
    if (name in ERRORS) throw new Error(ERRORS[name])
    const stage = methodArn.split('/').slice(0, 2).join('/')
    const Statement = (POLICIES[name] ?? POLICIES.all)(stage, methodArn)
    const context = WRONG_CONTEXTS[name] ?? { calls, ratio: 0.5, isNew: false, name }
    return { principalId: name, policyDocument: { Version: '2012-10-17', Statement }, context }
  },

  /** Throws as often as the event says, then returns. */
  async fragile({ id, failures }) {
    attempts.set(id, (attempts.get(id) ?? 0) + 1)
    console.log(`${id}: attempt ${attempts.get(id)}`)
    if (attempts.get(id) <= failures) throw new Error(`failure ${attempts.get(id)}`)
  },

  async echo({ path, requestContext: { authorizer } }) {
    return { statusCode: 200, body: JSON.stringify({ path, authorizer }) }
  },
}
