import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import type { AccountId, PeerId } from '../../core/base/ids.ts'
import { memoryKeep } from '../../app/keep.ts'
import { SpeakerTest } from '../../app/speaker-test.svelte.ts'
import { mountRoom } from '../testing/mount-app.ts'

const others = ['ann', 'ben'] as AccountId[]

/** An audio element whose speaker can be chosen as the test says. */
function element(sink: (id: string) => Promise<void>): HTMLAudioElement {
  return Object.assign(new Audio(), { setSinkId: sink })
}

/** The largest sample of what an element would play now. */
function loudest(stream: MediaStream): () => number {
  const context = new AudioContext()
  onTestFinished(() => context.close())
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return () => {
    analyser.getFloatTimeDomainData(samples)
    return Math.max(...samples)
  }
}

describe('a test of the speaker', () => {
  it('plays notes through the speaker that was chosen, until they are over', async () => {
    const sinks: string[] = []
    const audio = element(async (id) => void sinks.push(id))
    const test = new SpeakerTest(
      () => new AudioContext(),
      () => audio,
    )
    await test.play('left box')
    expect([test.state, sinks, audio.paused]).toEqual(['playing', ['left box'], false])
    const level = loudest(audio.srcObject as MediaStream)
    await expect.poll(level, { interval: 20 }).toBeGreaterThan(0.05)
    await expect.poll(() => test.state, { timeout: 10_000 }).toBe('silent')
    expect([audio.paused, audio.srcObject]).toEqual([true, null])
  })
  it('is silent at once when stopped, also while the speaker is still being found', async () => {
    let found: () => void = () => undefined
    const audio = element(() => new Promise((resolve) => (found = resolve)))
    const contexts: AudioContext[] = []
    const createContext = (): AudioContext => {
      const context = new AudioContext()
      contexts.push(context)
      return context
    }
    const test = new SpeakerTest(createContext, () => audio)
    const playing = test.play('slow box')
    expect(test.state).toBe('playing')
    test.stop()
    found()
    await playing
    expect([test.state, audio.paused]).toEqual(['silent', true])
    await expect.poll(() => contexts.map(({ state }) => state)).toEqual(['closed'])
  })
  it.each([
    ['NotFoundError', 'gone'],
    ['NotAllowedError', 'refused'],
    ['AbortError', 'failed'],
  ])('says what is wrong when the engine answers %s: %s', async (name, state) => {
    const audio = element(() => Promise.reject(new DOMException('no', name)))
    const test = new SpeakerTest(
      () => new AudioContext(),
      () => audio,
    )
    await test.play('box')
    expect([test.state, audio.paused]).toEqual([state, true])
  })
  it('says that nothing could be played where there is no sound engine', async () => {
    const test = new SpeakerTest(() => {
      throw new DOMException('no device', 'NotSupportedError')
    })
    await test.play('')
    expect(test.state).toBe('failed')
  })

  it('is offered before joining, with words for what it does, and ends with the preview', async () => {
    const sinks = vi.spyOn(HTMLAudioElement.prototype, 'setSinkId')
    sinks.mockResolvedValueOnce(undefined)
    sinks.mockRejectedValueOnce(new DOMException('unplugged', 'NotFoundError'))
    onTestFinished(() => sinks.mockRestore())
    const keep = memoryKeep()
    keep.set('call-speaker', 'left box')
    await mountRoom(
      (fake) => {
        for (const account of others)
          fake.open.room.put({ account, name: account, peer: `tab of ${account}` as PeerId })
      },
      { keep },
    )
    await page.getByRole('button', { name: 'Start a call in this room' }).click()
    await page.getByRole('button', { name: 'Test the speaker' }).click()
    await expect.element(page.getByText('You should hear six notes now.')).toBeVisible()
    expect(sinks.mock.calls).toEqual([['left box']])
    await page.getByRole('button', { name: 'Stop the test' }).click()
    await expect.element(page.getByText('You should hear six notes now.')).not.toBeInTheDocument()
    await page.getByRole('button', { name: 'Test the speaker' }).click()
    await expect.element(page.getByText('This speaker is not there any more.')).toBeVisible()
    await page.getByRole('button', { name: 'Join now' }).click()
    await expect.element(page.getByTestId('call-preview')).not.toBeInTheDocument()
  })
})
