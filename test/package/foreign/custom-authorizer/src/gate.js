exports.decide = async ({ authorizationToken, methodArn }) => {
  if (authorizationToken !== 'ok') throw new Error('Unauthorized')
  const Statement = [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }]
  return { principalId: 'ada', policyDocument: { Version: '2012-10-17', Statement } }
}
