import { readFileSync } from 'node:fs'

// Preloaded into a service as `movable-clock.ts?file=…`. Its clock is ahead by the milliseconds that the file contains.
const file = String(new URL(import.meta.url).searchParams.get('file'))
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...args: [] | [number]) {
    super(...((args.length === 0 ? [now()] : args) as [number]))
  }

  static override now = now
} as DateConstructor

function now(): number {
  return RealDate.now() + Number(readFileSync(file, 'utf8'))
}
