exports.list = async ({ requestContext }) => ({
  statusCode: 200,
  body: JSON.stringify({ username: requestContext?.authorizer?.username, shop: process.env.SHOP }),
})
