import { createSubscriber } from 'svelte/reactivity'
import type { Events } from '../core/base/events.ts'

/** A hidden page gets no frames: it is brought up to date this often instead, enough for its title. */
const hiddenUpdateMs = 250

/**
 * Makes core events readable state: calling the result inside an effect re-runs it after any of the named events. Events
 * of one frame are one update, so a flood costs one drawing a frame.
 */
export function watch<M extends object>(events: Events<M>, ...names: readonly (keyof M)[]): () => void {
  return createSubscriber((update) => {
    const soon = oncePerFrame(update)
    const offs = names.map((name) => events.on(name, soon.run))
    return () => {
      for (const off of offs) off()
      soon.cancel()
    }
  })
}

/** Runs `action` at the next frame, once however often asked. */
export function oncePerFrame(action: () => void): { run: () => void; cancel: () => void } {
  let cancel: (() => void) | undefined
  const fire = (): void => {
    cancel = undefined
    action()
  }
  return {
    run: () => {
      cancel ??= nextFrame(fire)
    },
    cancel: () => {
      cancel?.()
      cancel = undefined
    },
  }
}

function nextFrame(fire: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(fire, hiddenUpdateMs)
    return () => clearTimeout(timer)
  }
  const frame = requestAnimationFrame(() => {
    clearTimeout(fallback)
    fire()
  })
  // A page that is hidden between asking and drawing would wait for ever.
  const fallback = setTimeout(() => {
    cancelAnimationFrame(frame)
    fire()
  }, hiddenUpdateMs)
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(fallback)
  }
}
