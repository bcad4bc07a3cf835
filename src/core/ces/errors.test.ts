import { describe, expect, it } from 'vitest'
import { InflateError, InvalidManifestError, reviveError } from './index.ts'
import { InvalidMessageError } from '../base/errors.ts'

describe('errors across a worker', () => {
  it('CES-74: get their class back by name, with their message', () => {
    const sent = Object.assign(new Error('more than declared'), { name: 'InflateError' })
    const revived = reviveError(sent)
    expect(revived).toBeInstanceOf(InflateError)
    expect(revived).toMatchObject({ name: 'InflateError', message: 'more than declared', cause: sent })
  })
  it.each([
    ['an unknown error', new RangeError('boom')],
    ['a thrown text', 'boom'],
    ['nothing', undefined],
  ])('CES-74: %s becomes EngineError', (_, thrown) => {
    expect(reviveError(thrown)).toMatchObject({ name: 'EngineError' })
  })
  it('a manifest that is wrong is a message that is wrong', () => {
    expect(new InvalidManifestError('x')).toBeInstanceOf(InvalidMessageError)
  })
})
