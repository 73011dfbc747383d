import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const { onGuardedClick } = await import('./deaf.js' as string)

type Input = { type: string; code?: string; pointerId?: number; repeat?: boolean }

/** Listeners of the window, by the type of their event. */
let listeners: Record<string, (event: Input) => void>
let hasFocus: boolean
beforeEach(() => {
  listeners = {}
  hasFocus = true
  vi.useFakeTimers()
  const addEventListener = (type: string, listener: () => void) => {
    listeners[type] = listener
  }
  vi.stubGlobal('document', { hasFocus: () => hasFocus, addEventListener })
  vi.stubGlobal('addEventListener', addEventListener)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const send = (input: Input) => listeners[input.type]?.(input)

/** A guarded button, and a person at it. */
function makeButton() {
  let onClick = (_event: object) => {}
  const act = vi.fn(async () => {})
  const button: { ariaDisabled: string | null; addEventListener: object } = {
    ariaDisabled: null,
    addEventListener: (_type: string, listener: () => void) => {
      onClick = listener
    },
  }
  const beDeaf = onGuardedClick(button, act)
  const click = () => onClick({ preventDefault() {} })
  return {
    button,
    act,
    beDeaf,
    click,
    /** Presses a mouse button, waits, and releases it on the button. */
    press(forMs = 0) {
      send({ type: 'pointerdown', pointerId: 1 })
      vi.advanceTimersByTime(forMs)
      send({ type: 'pointerup', pointerId: 1 })
      click()
    },
  }
}

test('a button is enabled after its second, also by a clock that the browser rounds', () => {
  const { button, beDeaf, click, act } = makeButton()
  const now = vi.spyOn(performance, 'now').mockReturnValueOnce(50)
  beDeaf()
  now.mockRestore()
  vi.advanceTimersByTime(1_049)
  expect([button.ariaDisabled, act.mock.calls]).toEqual(['true', []])
  vi.advanceTimersByTime(1)
  expect(button.ariaDisabled).toBeNull()
  click()
  expect(act).toHaveBeenCalledOnce()
})

test.each([40, 120, 250, 400, 999])('clicks each %i ms for ten seconds do nothing', (paceMs) => {
  const { beDeaf, press, act } = makeButton()
  beDeaf()
  for (let ms = 0; ms < 10_000; ms += paceMs) {
    press()
    vi.advanceTimersByTime(paceMs)
  }
  expect(act).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000 - paceMs)
  press()
  expect(act).toHaveBeenCalledOnce()
})

test('a held key does nothing, however long it is held', () => {
  const { beDeaf, click, press, act } = makeButton()
  beDeaf()
  vi.advanceTimersByTime(999)
  for (let count = 0; count < 300; count += 1) {
    send({ type: 'keydown', code: 'Enter', repeat: true })
    click()
    vi.advanceTimersByTime(33)
  }
  send({ type: 'keyup', code: 'Enter' })
  vi.advanceTimersByTime(999)
  press()
  vi.advanceTimersByTime(1_000)
  expect(act).not.toHaveBeenCalled()
  press()
  expect(act).toHaveBeenCalledOnce()
})

describe('an input that ends after the second, but', () => {
  const begin = () => {
    const made = makeButton()
    made.beDeaf()
    return made
  }

  test('began in it, does nothing', () => {
    const { press, act } = begin()
    vi.advanceTimersByTime(500)
    press(5_000)
    expect(act).not.toHaveBeenCalled()
  })

  test('began before the screen came, does nothing', () => {
    const { click, act } = begin()
    vi.advanceTimersByTime(1_000)
    send({ type: 'keyup', code: 'Space' })
    click()
    vi.advanceTimersByTime(1_000)
    send({ type: 'keydown', code: 'Enter', repeat: true })
    click()
    expect(act).not.toHaveBeenCalled()
  })

  test('was interrupted by the screen, does nothing', () => {
    const { beDeaf, click, act } = begin()
    vi.advanceTimersByTime(1_000)
    send({ type: 'pointerdown', pointerId: 1 })
    beDeaf()
    vi.advanceTimersByTime(1_000)
    send({ type: 'pointerup', pointerId: 1 })
    click()
    expect(act).not.toHaveBeenCalled()
  })
})

test.each(['focus', 'resize', 'visibilitychange'])('the event %s starts the second again', (type) => {
  const { beDeaf, press, act } = makeButton()
  beDeaf()
  vi.advanceTimersByTime(1_000)
  send({ type })
  vi.advanceTimersByTime(999)
  press()
  expect(act).not.toHaveBeenCalled()
})

test('a click in a page without focus starts the second again', () => {
  const { beDeaf, press, click, act } = makeButton()
  beDeaf()
  vi.advanceTimersByTime(1_000)
  hasFocus = false
  click()
  hasFocus = true
  vi.advanceTimersByTime(999)
  press()
  expect(act).not.toHaveBeenCalled()
})

test('a click of a screen reader, which presses nothing, counts after the second', () => {
  const { beDeaf, click, act } = makeButton()
  beDeaf()
  click()
  vi.advanceTimersByTime(1_000)
  click()
  expect(act).toHaveBeenCalledOnce()
})
