import { wiring } from '../../support/aws/gate.ts'

type Exchange = typeof import('../../../lib/federation/exchange/exchange.ts')

/** Counts the exchanges with a provider under way: how long one takes must not decide an order. */
export const countedExchange = (real: Exchange): Exchange => ({
  ...real,
  async exchange(...parameters) {
    wiring.computing += 1
    return real.exchange(...parameters).finally(() => {
      wiring.computing -= 1
    })
  },
})
