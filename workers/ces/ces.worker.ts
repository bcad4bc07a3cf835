import { expose, transfer } from 'comlink'
import { createInlineEngine, type SegmentOptions, type SegmentReport } from '../../src/core/ces/index.ts'
import type { Answer, CesWorkerApi } from './api.ts'

const engine = createInlineEngine()

async function answer<T>(work: (options: SegmentOptions) => Promise<T>): Promise<Answer<T>> {
  let report: SegmentReport | undefined
  const value = await work({ onReport: (told) => void (report = told) })
  return { value, report }
}

const api: CesWorkerApi = {
  async seal(context, segment, isLast, plaintext, spares) {
    engine.recycle(spares)
    const sealed = await answer((options) => engine.seal(context, segment, isLast, plaintext, options))
    return transfer(
      sealed,
      sealed.value.pieces.map(({ buffer }) => buffer),
    )
  },
  async open(context, segment, isLast, expected, pieces) {
    const opened = await answer((options) => engine.open(context, segment, isLast, expected, pieces, options))
    return transfer(opened, [opened.value.buffer])
  },
  async recode(code, segment, pieces, wanted) {
    const recoded = await engine.recode(code, segment, pieces, wanted)
    return transfer(
      { value: recoded, report: undefined },
      [...recoded.pieces.values()].map(({ buffer }) => buffer),
    )
  },
}

expose(api)
