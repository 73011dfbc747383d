import { EventEmitter } from 'node:events'
import type { Server } from 'node:net'
import { expect, test } from 'vitest'
import { isNumberIn, listenAnywhere } from './ports.ts'

/** A server that a system gives these ports, one after another. */
class FakeServer extends EventEmitter {
  readonly asked: unknown[][] = []
  private readonly ports: number[]

  constructor(ports: number[]) {
    super()
    this.ports = [...ports]
  }

  listen(...asked: unknown[]): this {
    this.asked.push(asked)
    setImmediate(() => this.emit('listening'))
    return this
  }

  address = () => ({ port: this.ports[0] })

  close(): this {
    this.ports.shift()
    setImmediate(() => this.emit('close'))
    return this
  }
}

test('listenAnywhere takes any free port of the loopback interface but those that programs have by habit', async () => {
  const server = new FakeServer([8000, 3000, 3002, 4002, 4569, 9324, 49_152, 49_153])
  expect(await listenAnywhere(server as unknown as Server, () => false)).toEqual(
    new URL('http://127.0.0.1:49152'),
  )
  expect(server.asked).toEqual(Array(7).fill([0, '127.0.0.1']))
})

test('listenAnywhere leaves a port to the plugin whose settings have it', async () => {
  const custom = {
    stage: 'dev',
    'serverless-dynamodb': { start: { port: 49_152 } },
    sqs: [{ port: '49153' }],
  }
  const server = new FakeServer([49_152, 49_153, 49_154])
  const url = await listenAnywhere(server as unknown as Server, (port) => isNumberIn(custom, port))
  expect(url).toEqual(new URL('http://127.0.0.1:49154'))
})
