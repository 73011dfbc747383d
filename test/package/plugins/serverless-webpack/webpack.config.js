const { lib } = require('serverless-webpack')

module.exports = { entry: lib.entries, target: 'node', mode: 'production' }
