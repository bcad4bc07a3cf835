import { expose, transfer } from 'comlink'
import { createInlineEngine } from '../../src/core/ces/index.ts'
import type { CesWorkerApi } from './api.ts'

const engine = createInlineEngine()

const api: CesWorkerApi = {
  async seal(context, segment, isLast, plaintext) {
    const sealed = await engine.seal(context, segment, isLast, plaintext)
    return transfer(
      sealed,
      sealed.pieces.map(({ buffer }) => buffer),
    )
  },
  async open(context, segment, isLast, expected, pieces) {
    const plaintext = await engine.open(context, segment, isLast, expected, pieces)
    return transfer(plaintext, [plaintext.buffer])
  },
  async recode(code, segment, pieces, wanted) {
    const recoded = await engine.recode(code, segment, pieces, wanted)
    return transfer(
      recoded,
      [...recoded.pieces.values()].map(({ buffer }) => buffer),
    )
  },
}

expose(api)
