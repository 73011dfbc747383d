/** Makes the clock of this thread slow. */
export function slowClock(delayMs: number): void {
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number]) {
      super(...((args.length === 0 ? [Date.now() - delayMs] : args) as [number]))
    }
  } as DateConstructor
}
