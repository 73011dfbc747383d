// The smallest possible function: its cold start is that of Node itself.
exports.handler = async () => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: '{}',
})
