import { describe, expect, it } from 'vitest'
import { QualityMeter, type LinkReport } from './quality.ts'

type Change = {
  atMs: number
  packets?: number
  lost?: number
  bytes?: number
  frames?: number
  heard?: LinkReport['heard']
}

function report({ atMs, packets = 0, lost = 0, bytes = 0, frames = 0, heard = [] }: Change): LinkReport {
  const picture = { frames, width: 640, height: 360, codec: 'VP8' }
  return {
    atMs,
    path: 'direct',
    rttMs: 20,
    audio: { packets: 0, lost: 0, jitterMs: 2 },
    video: { ...picture, packets, lost, jitterMs: undefined },
    sent: { ...picture, bytes, limit: 'cpu' },
    heard,
    carried: { received: bytes, sent: bytes / 2 },
  }
}

describe('the quality of a link', () => {
  it('is reckoned from two reports, by the time between them', () => {
    const meter = new QualityMeter()
    expect(meter.next(report({ atMs: 0 }))).toBeUndefined()
    const quality = meter.next(report({ atMs: 2_000, packets: 98, lost: 2, bytes: 125_000, frames: 60 }))
    expect(quality).toMatchObject({
      loss: 0.02,
      receivedKbps: 500,
      sentKbps: 250,
      fps: 30,
      grade: 'good',
      path: 'direct',
      rttMs: 20,
    })
  })
  it.each([
    [0.05, 'good'],
    [0.06, 'fair'],
    [0.08, 'poor'],
    [0.12, 'lost'],
  ])('is graded by published thresholds: a loss of %f is %s', (loss, grade) => {
    const meter = new QualityMeter()
    meter.next(report({ atMs: 0 }))
    expect(meter.next(report({ atMs: 1_000, packets: 1000 - loss * 1000, lost: loss * 1000 }))).toMatchObject(
      { grade },
    )
  })
  it('is lost after 3 s without a packet, and good again with the next', () => {
    const meter = new QualityMeter()
    meter.next(report({ atMs: 0 }))
    expect(meter.next(report({ atMs: 1_000, packets: 10 }))?.grade).toBe('good')
    expect(meter.next(report({ atMs: 3_900, packets: 10 }))?.grade).toBe('good')
    expect(meter.next(report({ atMs: 4_000, packets: 10 }))?.grade).toBe('good') // too short a step: the last word stands
    expect(meter.next(report({ atMs: 4_200, packets: 10 }))?.grade).toBe('lost')
    expect(meter.next(report({ atMs: 5_000, packets: 20 }))?.grade).toBe('good')
  })
  it('CA-20 tells what the other side gets: what is sent, and its own word on each line', () => {
    const meter = new QualityMeter()
    const heard = (stamp: number): LinkReport['heard'] => [
      { line: 'sound', stamp, lostFraction: 0.01, rttMs: 30 },
      { line: 'picture', stamp, lostFraction: 0.04, rttMs: 33 },
    ]
    meter.next(report({ atMs: 0, heard: heard(1) }))
    expect(meter.next(report({ atMs: 1_000, bytes: 50_000, frames: 20, heard: heard(2) }))?.seen).toEqual({
      ...{ fps: 20, width: 640, height: 360, kbps: 400, limit: 'cpu', loss: 0.04 },
      sound: { loss: 0.01, rttMs: 30 },
      picture: { loss: 0.04, rttMs: 33 },
    })
  })
  it('CA-20 says nothing of a picture that is not sent or does not come', () => {
    const meter = new QualityMeter()
    meter.next(report({ atMs: 0, frames: 100 }))
    const quality = meter.next(report({ atMs: 1_000, frames: 100, packets: 50 }))
    expect(quality).toMatchObject({ fps: 0, seen: { fps: 0 } })
    expect([quality?.width, quality?.height, quality?.codec]).toEqual([undefined, undefined, undefined])
    expect([quality?.seen.width, quality?.seen.limit]).toEqual([undefined, undefined])
  })
  it("CA-20 forgets the other side's word when no new one has come for 11 s", () => {
    const meter = new QualityMeter()
    const heard: LinkReport['heard'] = [{ line: 'picture', stamp: 7, lostFraction: 0.3, rttMs: 33 }]
    meter.next(report({ atMs: 0, heard }))
    expect(meter.next(report({ atMs: 10_000, heard }))?.seen.loss).toBe(0.3)
    const { loss, picture } = meter.next(report({ atMs: 11_000, heard }))?.seen ?? {}
    expect([loss, picture]).toEqual([undefined, undefined])
    const again = heard.map((one) => ({ ...one, stamp: 8 }))
    expect(meter.next(report({ atMs: 12_000, heard: again }))?.seen.picture).toEqual({ loss: 0.3, rttMs: 33 })
  })
  it('never falls below nothing when counters begin anew', () => {
    const meter = new QualityMeter()
    meter.next(report({ atMs: 0, packets: 1000, lost: 50, bytes: 9_000, frames: 900 }))
    expect(meter.next(report({ atMs: 1_000, packets: 5, bytes: 10, frames: 1 }))).toMatchObject({
      loss: 0,
      receivedKbps: 0,
      fps: 0,
    })
  })
})
