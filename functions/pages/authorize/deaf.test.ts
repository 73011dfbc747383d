import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const { onGuardedClick } = await import('./deaf.js' as string)

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { hasFocus: () => true, addEventListener() {} })
  vi.stubGlobal('addEventListener', () => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A button, and the listener of its clicks. */
function makeButton() {
  let click = () => {}
  const button: { ariaDisabled: string | null; addEventListener: object } = {
    ariaDisabled: null,
    addEventListener: (_type: string, listener: () => void) => {
      click = listener
    },
  }
  return { button, click: () => click() }
}

test('a button is enabled after its second, also by a clock that the browser rounds', () => {
  const { button, click } = makeButton()
  const act = vi.fn(async () => {})
  const beDeaf = onGuardedClick(button, act)
  const now = vi.spyOn(performance, 'now').mockReturnValueOnce(50)
  beDeaf()
  now.mockRestore()
  vi.advanceTimersByTime(1_049)
  click()
  expect([button.ariaDisabled, act.mock.calls]).toEqual(['true', []])
  vi.advanceTimersByTime(1)
  expect(button.ariaDisabled).toBeNull()
  click()
  expect(act).toHaveBeenCalledOnce()
})
