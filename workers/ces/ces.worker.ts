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
}

expose(api)
