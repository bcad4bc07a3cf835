import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock, settle } from './testing/manual-clock.ts'
import { within } from './wait.ts'

describe('a wait', () => {
  it('that was given up before it began leaves no failure behind', async () => {
    const unmet: unknown[] = []
    const note = (reason: unknown): void => void unmet.push(reason)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    const options = { clock: new ManualClock(), timeoutMs: 10, signal: AbortSignal.abort() }
    const failing = Promise.reject(new Error('nobody waits for this'))
    await expect(within(failing, 'it', options)).rejects.toMatchObject({ name: 'AbortError' })
    await settle(20)
    expect(unmet).toEqual([])
  })
})
