// What the tabs of an origin do together: one request at a time that changes the cookie, whose outcome reaches all tabs.
//
// Locks and messages are not ordered with each other: a tab may get the lock before the message with the outcome. Therefore a tab
// with a new outcome holds a second lock, which is named after the outcome. The next tab sees by that name that it has missed
// something, and asks for it.

/** For tabs that are frozen while they hold a lock. Their requests run concurrently then, which the service allows. */
const LOCK_TIMEOUT_MS = 30_000
const REPLY_TIMEOUT_MS = 1_000

/** @typedef {{ id: string }} Outcome */

/**
 * Connects a tab with the others.
 *
 * @template {Outcome} T
 * @param {string} name
 * @param {import('./client.d.ts').Edges} edges
 * @param {(outcome: T) => void} learn Takes an outcome of another tab, or refuses it.
 */
export function connectTabs(name, { navigator, BroadcastChannel, setTimeout }, learn) {
  const locks = /** @type {LockManager | undefined} */ (navigator.locks)
  const channel = BroadcastChannel && new BroadcastChannel(name)
  /** @type {T | undefined} */
  let latest
  /** @type {(() => void) | undefined} */
  let release
  /** @type {{ id: string, end: () => void } | undefined} */
  let question
  /** @type {Promise<unknown>} */
  let last = Promise.resolve()

  const lockName = (id = '') => `${name} ${id}`

  function leave() {
    release?.()
    release = undefined
  }

  function update(/** @type {T} */ outcome) {
    leave()
    latest = outcome
  }

  if (channel) {
    channel.onmessage = ({ data: { ask, reply, outcome } }) => {
      if (ask) {
        if (release) channel.postMessage({ reply: ask, outcome: latest })
      } else if (!reply || reply === question?.id) {
        learn(outcome)
        update(outcome)
        question?.end()
      }
    }
  }

  /**
   * Waits for the outcome of another tab, if there is one that this tab does not know. A tab that will refuse it waits too: later it
   * would take the place of a newer one.
   */
  async function catchUp() {
    if (!locks || !channel) return
    const { held = [] } = await locks.query().catch(() => /** @type {LockManagerSnapshot} */ ({}))
    const isUnknown = ({ name: lock = '' }) => lock.startsWith(lockName()) && lock !== lockName(latest?.id)
    if (!held.some(isUnknown)) return
    await new Promise((resolve) => {
      question = { id: crypto.randomUUID(), end: () => resolve(0) }
      setTimeout(question.end, REPLY_TIMEOUT_MS)
      channel.postMessage({ ask: question.id })
    })
    question = undefined
  }

  return {
    leave,

    /**
     * Runs actions one at a time, each after this tab has learned the outcome of the one before. Without Web Locks, the actions of
     * other tabs run concurrently.
     *
     * @template R
     * @param {() => Promise<R>} act
     * @returns {Promise<R>}
     */
    exclusive(act) {
      let isStarted = false
      const start = async () => {
        isStarted = true
        await catchUp()
        return act()
      }
      const done = last.then(async () => {
        try {
          if (locks) return await locks.request(name, { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) }, start)
        } catch (error) {
          if (isStarted) throw error
        }
        return start()
      })
      last = done.catch(() => {})
      return /** @type {Promise<R>} */ (done)
    },

    /**
     * Posts an outcome to all tabs. Those that miss it can ask for it.
     *
     * @param {T} outcome
     */
    async publish(outcome) {
      update(outcome)
      channel?.postMessage({ outcome })
      if (!locks || !channel) return
      await new Promise((resolve) => {
        const hold = () =>
          new Promise((end) => {
            release = () => end(0)
            resolve(0)
          })
        locks.request(lockName(outcome.id), hold).catch(resolve)
      })
    },
  }
}
