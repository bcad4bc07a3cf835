import { describe, expect, it } from 'vitest'
import { mediaKind, passiveType } from './media-kinds.ts'

const of = (mediaType: string, name = 'file'): string | undefined => passiveType({ name, mediaType })

describe('what may be shown in place', () => {
  it('FI-42: is a passive type, by whatever name it goes', () => {
    expect(of('video/webm;codecs="vp9"')).toBe('video/webm')
    expect(of('Audio/X-WAV')).toBe('audio/wav')
    expect(of('image/jpg')).toBe('image/jpeg')
    expect(mediaKind({ name: 'a.mkv', mediaType: '' })).toBe('video')
    expect(mediaKind({ name: 'a.OPUS', mediaType: 'application/octet-stream' })).toBe('audio')
  })
  it.each([
    'text/html',
    'image/svg+xml',
    'application/pdf',
    'text/plain',
    'application/x-mpegurl',
    'constructor',
  ])('FI-42: is never %s, whatever its name ends in', (mediaType) => {
    expect(of(mediaType, 'a.png')).toBeUndefined()
    expect(of('', `a.${mediaType.split('/')[1] ?? ''}`)).toBeUndefined()
  })
})
