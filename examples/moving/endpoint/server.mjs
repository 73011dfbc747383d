import { hash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

const { PORT, SECRET } = process.env
if (!SECRET) throw new Error('SECRET is missing.')
const { verify } = await import(process.argv[2])
const digest = (text) => hash('sha256', String(text), 'buffer')
createServer(async (request, response) => {
  const known = digest(`Bearer ${SECRET}`)
  if (!timingSafeEqual(digest(request.headers.authorization), known)) return response.writeHead(401).end()
  await json(request)
    .then(verify)
    .then(
      (result) => response.end(JSON.stringify(result)),
      () => response.writeHead(503).end(),
    )
}).listen(PORT, '127.0.0.1')
