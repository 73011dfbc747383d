import type { APIGatewayProxyHandler } from 'aws-lambda'

export const list: APIGatewayProxyHandler = async ({ requestContext }) => ({
  statusCode: 200,
  body: JSON.stringify({ username: requestContext?.authorizer?.username, shop: process.env.SHOP }),
})
