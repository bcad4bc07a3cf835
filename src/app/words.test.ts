import { describe, expect, it } from 'vitest'
import { AbortError, QuotaExceededError, TesseraError } from '../core/base/errors.ts'
import { t as late } from './late-words.ts'
import { en } from './messages/en.ts'
import { enLate } from './messages/en-late.ts'
import { errorNameWords, errorWords, hasErrorWords, t } from './words.ts'

describe('words', () => {
  it('gives a text, with its parameters where it has some', () => {
    expect(t('app.close')).toBe('Close')
    expect(t('people.joined', { names: ['Ann', 'Ben'] })).toBe('Ann and Ben joined')
    expect(late('chat.jumpNew', { n: 1 })).toBe('1 new message')
  })

  it('says "you" in the middle of a sentence', () => {
    expect(late('file.heldBy', { names: ['You', 'Ann'] })).toBe('Held by you and Ann')
  })

  it('keeps the two tables apart, so that neither hides a text of the other', () => {
    expect(Object.keys(en).filter((key) => key in enLate)).toEqual([])
  })

  it('has no empty text', () => {
    for (const text of Object.values({ ...en, ...enLate })) {
      if (typeof text === 'string') expect(text.trim()).not.toBe('')
    }
  })
})

describe('errors in words', () => {
  it('names the space that is missing', () => {
    expect(errorWords(new QuotaExceededError('full', { neededBytes: 20_000_000 }))).toContain('20 MB more')
    expect(errorWords(new QuotaExceededError('full'))).not.toContain('undefined')
  })

  it('recognises an error by its name alone, as it comes from a worker', () => {
    expect(errorNameWords('LinkTruncatedError')).toBe(t('error.LinkTruncatedError'))
  })

  it('shows what an unknown error says, so that it can be reported', () => {
    expect(errorWords(new TesseraError('the frame was odd'))).toContain('the frame was odd')
    expect(errorWords('text')).toContain('text')
  })

  it('has no words for an abort, which is not shown', () => {
    expect(hasErrorWords(new AbortError('x').name)).toBe(false)
  })

  it('is not fooled by names of the object itself', () => {
    expect(hasErrorWords('toString')).toBe(false)
    expect(errorNameWords('constructor')).toContain('constructor')
  })
})
