import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderPictures, orderSound, preferredPicture, type CodecEntry } from './codec-order.ts'

const entries = (...names: string[]): CodecEntry[] => names.map((mimeType) => ({ mimeType }))
const names = (ordered: readonly CodecEntry[]): string[] => ordered.map(({ mimeType }) => mimeType)
/** As Chromium lists them, loss repair between. */
const chromium = entries(
  ...['video/VP8', 'video/rtx', 'video/VP9', 'video/H264', 'video/AV1', 'video/red', 'video/ulpfec'],
)
const none = (): boolean => false
const chip =
  (...made: string[]) =>
  ({ mimeType }: CodecEntry): boolean =>
    made.includes(mimeType)

/** What is sent when one side offers and the other answers. */
function agreed(opener: ReturnType<typeof chip>, answerer: ReturnType<typeof chip>): string | undefined {
  const [offered] = orderPictures(chromium, opener)
  return orderPictures(chromium, answerer, offered?.mimeType)[0]?.mimeType
}

describe('the order of codecs', () => {
  it('CA-23 puts what is light in software before what is heavy, loss repair behind all', () => {
    expect(
      names(orderPictures(entries('video/AV1', 'video/rtx', 'video/VP9', 'video/VP8', 'video/H264'), none)),
    ).toEqual(['video/VP8', 'video/H264', 'video/VP9', 'video/AV1', 'video/rtx'])
  })
  it('CA-23 puts what a chip does first, H.264 before others', () => {
    const ordered = names(orderPictures(chromium, chip('video/AV1', 'video/H264')))
    expect(ordered.slice(0, 4)).toEqual(['video/H264', 'video/AV1', 'video/VP8', 'video/VP9'])
  })
  it.each([
    ['neither has a chip', none, none, 'video/VP8'],
    ['both have one for H.264', chip('video/H264'), chip('video/H264'), 'video/H264'],
    ['only the side that offers has', chip('video/H264'), none, 'video/VP8'],
    ['only the side that answers has', none, chip('video/H264'), 'video/VP8'],
    ['they have different ones', chip('video/VP9'), chip('video/H264'), 'video/VP8'],
    [
      'both do one that is not the first of both',
      chip('video/VP9'),
      chip('video/H264', 'video/VP9'),
      'video/VP9',
    ],
  ])('CA-23 settles on what both do well when %s', (_, opener, answerer, codec) => {
    expect(agreed(opener, answerer)).toBe(codec)
  })
  it('CA-23 does not follow an offer of what this machine does badly', () => {
    expect(names(orderPictures(chromium, none, 'video/AV1'))[0]).toBe('video/VP8')
  })
  it('CA-23 leaves nothing out and adds nothing, whatever it is given', () => {
    const any = fc.array(fc.record({ mimeType: fc.oneof(fc.string(), fc.constantFrom(...names(chromium))) }))
    fc.assert(
      fc.property(
        any,
        fc.func(fc.boolean()),
        fc.option(fc.string(), { nil: undefined }),
        (list, is, first) => {
          for (const ordered of [orderPictures(list, is, first), orderSound(list)]) {
            expect(ordered).toHaveLength(list.length)
            expect(new Set(ordered)).toEqual(new Set(list))
          }
        },
      ),
    )
  })
  it('CA-23 keeps profiles of one codec in the order they came', () => {
    const profiles = [1, 2, 3].map((profile) => ({ mimeType: 'video/H264', profile }))
    expect(orderPictures(profiles, none)).toEqual(profiles)
  })
  it('CA-23 has Opus first and its redundancy next', () => {
    const sound = entries('audio/PCMU', 'audio/red', 'audio/CN', 'audio/opus', 'audio/telephone-event')
    expect(names(orderSound(sound)).slice(0, 2)).toEqual(['audio/opus', 'audio/red'])
  })
  it('reads what an offer prefers, and nothing from one without pictures', () => {
    const sdp =
      'v=0\r\nm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\nm=video 9 UDP/TLS/RTP/SAVPF 45 96\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:45 AV1/90000\r\n'
    expect(preferredPicture(sdp)).toBe('video/AV1')
    expect(preferredPicture('v=0\r\nm=audio 9 X 111\r\n')).toBeUndefined()
    expect(preferredPicture('m=video 9 X 96\r\n')).toBeUndefined()
  })
})
