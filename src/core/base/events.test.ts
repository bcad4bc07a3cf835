import { describe, expect, it } from 'vitest'
import { Emitter } from './events.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { delay, within } from './wait.ts'

describe('Emitter', () => {
  it('calls listeners until they are taken off', () => {
    const emitter = new Emitter<{ 'thing:done': number }>()
    const heard: number[] = []
    const off = emitter.on('thing:done', (n) => heard.push(n))
    emitter.emit('thing:done', 1)
    off()
    emitter.emit('thing:done', 2)
    expect(heard).toEqual([1])
  })
  it('takes a listener off when its signal aborts', () => {
    const emitter = new Emitter<{ 'thing:done': number }>()
    const control = new AbortController()
    const heard: number[] = []
    emitter.on('thing:done', (n) => heard.push(n), { signal: control.signal })
    control.abort()
    emitter.emit('thing:done', 1)
    expect(heard).toEqual([])
  })
  it('goes on to the next listener when one throws', () => {
    const errors: unknown[] = []
    const emitter = new Emitter<{ 'thing:done': number }>((error) => errors.push(error))
    const heard: number[] = []
    emitter.on('thing:done', () => {
      throw new Error('boom')
    })
    emitter.on('thing:done', (n) => heard.push(n))
    emitter.emit('thing:done', 1)
    expect(heard).toEqual([1])
    expect(errors).toHaveLength(1)
  })
})

describe('waits', () => {
  it('end with TimeoutError when their limit passes', async () => {
    const clock = new ManualClock()
    const wait = within(new Promise(() => {}), 'an answer', { clock, timeoutMs: 50 })
    const outcome = expect(wait).rejects.toMatchObject({ name: 'TimeoutError', message: /50 ms/ })
    await clock.advance(50)
    await outcome
    expect(clock.pending).toBe(0)
  })
  it('end with AbortError when their signal fires, leaving no timer', async () => {
    const clock = new ManualClock()
    const control = new AbortController()
    const wait = expect(delay(50, clock, control.signal)).rejects.toMatchObject({ name: 'AbortError' })
    control.abort()
    await wait
    expect(clock.pending).toBe(0)
  })
})
