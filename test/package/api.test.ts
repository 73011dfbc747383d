import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Configuration, type Foreign, type Resource, shop } from './foreign.ts'

// What the plugin does with the REST API of a project, and with other APIs that the project has.

let project: Foreign

beforeAll(() => {
  project = shop()
})
afterAll(() => project.remove())

test('an API that the project writes itself keeps its stage and responses, and the API of the routes has those of the plugin', async () => {
  const RestApiId = { Ref: 'Partners' }
  const own = {
    Partners: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'partners' } },
    PartnersDeployment: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId } },
    PartnersStage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        RestApiId,
        DeploymentId: { Ref: 'PartnersDeployment' },
        StageName: 'live',
        MethodSettings: [{ HttpMethod: '*', ResourcePath: '/*', LoggingLevel: 'INFO' }],
      },
    },
    // The same API at another stage, and an API of another stack.
    LiveStage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: { RestApiId: { Ref: 'ApiGatewayRestApi' }, DeploymentId: 'live', StageName: 'live' },
    },
    ImportedStage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        RestApiId: { 'Fn::ImportValue': 'partners-dev-ApiGatewayRestApi' },
        DeploymentId: 'x',
        StageName: 'prod',
      },
    },
    PartnersUnauthorized: {
      Type: 'AWS::ApiGateway::GatewayResponse',
      Properties: { RestApiId, ResponseType: 'UNAUTHORIZED', StatusCode: '401' },
    },
  }
  const { Resources } = await packageWith(({ resources }) => Object.assign(resources.Resources, own))
  expect(Resources).toMatchObject(own)
  const { ApiGatewayStage: _, ...stages } = ofType(Resources, 'Stage')
  expect(stages).toEqual(ofType(own, 'Stage'))
  expect(Resources.ApiGatewayStage?.Properties).toMatchObject({
    RestApiId: { Ref: 'ApiGatewayRestApi' },
    StageName: 'prod',
    MethodSettings: expect.arrayContaining([expect.objectContaining({ ResourcePath: '/~1login' })]),
  })
  expect(Resources.UnauthorizedResponse?.Properties).toMatchObject({ ResponseType: 'UNAUTHORIZED' })
})

test("a stage of another API may not have the logical id of the plugin's", async () => {
  project.write(({ resources }) => {
    const Properties = { RestApiId: { Ref: 'Partners' }, StageName: 'live' }
    resources.Resources.ApiGatewayStage = { Type: 'AWS::ApiGateway::Stage', Properties }
  })
  const { status, stderr } = await project.run(['package'])
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining(
      'Resources of serverless.yml has ApiGatewayStage, and so has serverless-jwt-auth.',
    ),
  ])
})

test('what names the deployment by its time names the deployment that there is, and waits for the stage', async () => {
  const deployment = `ApiGatewayDeployment\${sls:instanceId}`
  const change = ({ resources }: Configuration) => {
    Object.assign(resources.Resources, {
      Mapping: {
        Type: 'AWS::ApiGateway::BasePathMapping',
        DependsOn: deployment,
        Properties: { RestApiId: { Ref: 'ApiGatewayRestApi' }, DomainName: 'api.shop.example' },
      },
      Firewall: { Type: 'AWS::WAFv2::WebACLAssociation', DependsOn: ['Orders', deployment], Properties: {} },
      ApiStage: {
        Type: 'AWS::ApiGateway::Stage',
        DependsOn: [deployment],
        Properties: { AccessLogSetting: { DestinationArn: { 'Fn::GetAtt': ['AccessLog', 'Arn'] } } },
      },
      // The stage waits for this one.
      AccessLog: { Type: 'AWS::Logs::LogGroup', DependsOn: deployment },
    })
    Object.assign(resources.Outputs, {
      Deployed: { Value: { Ref: deployment } },
      Id: { Value: { 'Fn::GetAtt': [deployment, 'DeploymentId'] } },
    })
    resources.extensions = { ApiGatewayRestApi: { Metadata: { of: { 'Fn::Sub': `x \${${deployment}}` } } } }
  }
  const { Resources, Outputs } = await packageWith(change)
  const [id = '', ...others] = Object.keys(ofType(Resources, 'Deployment'))
  expect(others).toEqual([])
  expect([Resources.Mapping?.DependsOn].flat()).toEqual(['ApiStage'])
  expect(Resources.Firewall?.DependsOn).toEqual(['Orders', 'ApiStage'])
  expect([Resources.AccessLog?.DependsOn].flat()).toEqual([id])
  expect(Resources.ApiStage).toMatchObject({ DependsOn: [id], Properties: { DeploymentId: { Ref: id } } })
  expect(Outputs.Deployed).toMatchObject({ Value: { Ref: id } })
  expect(Outputs.Id).toMatchObject({ Value: { 'Fn::GetAtt': [id, 'DeploymentId'] } })
  expect(Resources.ApiGatewayRestApi).toMatchObject({ Metadata: { of: { 'Fn::Sub': `x \${${id}}` } } })
  // Each deployment of the same API has the same name.
  expect(Object.keys(ofType((await packageWith(change)).Resources, 'Deployment'))).toEqual([id])
})

test('a path on which the project writes CORS keeps it, and a function has the preflight of its own origins', async () => {
  const cors = { origin: 'https://partner.example', headers: ['X-Shop'], allowCredentials: true }
  const route = (method: string, path: string, others = {}) => ({
    http: { method, path, authorizer: 'auth', ...others },
  })
  const { Resources } = await packageWith(({ provider, params, functions }) => {
    provider.environment.AUTH_ALLOWED_ORIGINS = 'https://shop.example'
    Object.assign(Object(params.prod), {
      publicUrl: 'https://auth.example.com',
      allowedOrigins: 'https://app.example.com',
    })
    Object.assign(functions, {
      partner: { handler: 'src/orders.handler', events: [route('get', 'a', { cors })] },
      other: { handler: 'src/orders.handler', events: [route('put', '/a/'), route('get', 'b')] },
      permitted: {
        handler: 'src/orders.handler',
        may: ['readKeys'],
        events: [route('get', 'c', { cors }), route('get', 'd')],
      },
    })
  })
  const preflightOf = (path: string) =>
    Object(Resources[`ApiGatewayMethod${path}Options`]).Properties.Integration.IntegrationResponses[0]
      .ResponseParameters
  const header = (name: string) => `method.response.header.Access-Control-Allow-${name}`
  for (const path of ['A', 'C']) {
    expect(preflightOf(path), path).toEqual({
      [header('Origin')]: "'https://partner.example'",
      [header('Headers')]: "'X-Shop'",
      [header('Methods')]: "'OPTIONS,GET'",
      [header('Credentials')]: "'true'",
    })
  }
  expect(preflightOf('B')[header('Origin')]).toBe("'https://shop.example'")
  expect(Resources.OtherLambdaFunction?.Properties.Environment).toMatchObject({
    Variables: { AUTH_ALLOWED_ORIGINS: 'https://shop.example' },
  })
  // What provider says does not reach a function with `may`.
  expect(preflightOf('D')[header('Origin')]).toBe("'https://app.example.com'")
})

test('a project with routes of IAM keeps the responses to wrong signatures', async () => {
  for (const authorizer of ['aws_iam', { type: 'AWS_IAM' }]) {
    const { Resources } = await packageWith(({ functions }) => {
      functions.inner = {
        handler: 'src/orders.handler',
        events: [{ http: { method: 'get', path: 'inner', authorizer } }],
      }
    })
    const types = Object.values(ofType(Resources, 'GatewayResponse')).map(
      ({ Properties }) => Properties.ResponseType,
    )
    expect(types).not.toContain('MISSING_AUTHENTICATION_TOKEN')
    expect(types).not.toContain('INVALID_SIGNATURE')
    expect(types).toContain('UNAUTHORIZED')
  }
})

/** Packages the project after some changes. */
async function packageWith(change: (configuration: Configuration) => void) {
  project.write(change)
  return await project.package()
}

const ofType = (resources: Record<string, Resource>, type: string) =>
  Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => Type === `AWS::ApiGateway::${type}`))
