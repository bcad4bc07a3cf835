import type { LinkReport } from '../../core/calls/index.ts'

type Stat = Readonly<Record<string, unknown>>

/** Lines of microphone and camera; screens are not graded. */
const soundMid = '0'
const cameraMid = '1'

/** IPv4 and UDP around each packet: half of what a quiet voice takes of the line. */
const headerBytes = 28

/** Picks from `getStats` (W3C webrtc-stats) what a link's quality is reckoned from. Absent counters are 0. */
export function readReport(stats: RTCStatsReport, atMs: number): LinkReport {
  const all = [...(stats.values() as Iterable<Stat>)]
  const of = (type: string, mid?: string): Stat | undefined =>
    all.find((stat) => stat['type'] === type && (mid === undefined || stat['mid'] === mid))
  const byId = (id: unknown): Stat | undefined => all.find((stat) => stat['id'] === id)
  const transport = of('transport')
  const pair = byId(transport?.['selectedCandidatePairId'])
  const ends = [byId(pair?.['localCandidateId']), byId(pair?.['remoteCandidateId'])]
  const camera = of('inbound-rtp', cameraMid)
  const sent = of('outbound-rtp', cameraMid)
  const lost = all
    .filter((stat) => stat['type'] === 'remote-inbound-rtp')
    .map((stat) => number(stat['fractionLost']))
  const rtt = optional(pair?.['currentRoundTripTime'])
  return {
    atMs,
    path:
      pair === undefined
        ? undefined
        : ends.some((end) => end?.['candidateType'] === 'relay')
          ? 'relayed'
          : 'direct',
    rttMs: rtt === undefined ? undefined : rtt * 1000,
    audio: received(of('inbound-rtp', soundMid)),
    video: { ...received(camera), ...picture(camera, 'framesDecoded', byId) },
    sent: {
      ...picture(sent, 'framesEncoded', byId),
      lostFraction: lost.length === 0 ? undefined : Math.max(...lost),
    },
    carried: {
      received: number(transport?.['bytesReceived']) + headerBytes * number(transport?.['packetsReceived']),
      sent: number(transport?.['bytesSent']) + headerBytes * number(transport?.['packetsSent']),
    },
  }
}

function received(stat: Stat | undefined): LinkReport['audio'] {
  const jitter = optional(stat?.['jitter'])
  return {
    // Packets sent again come on top of those that were sent: they would make the line look better than it is.
    packets: number(stat?.['packetsReceived']) - number(stat?.['retransmittedPacketsReceived']),
    lost: Math.max(0, number(stat?.['packetsLost'])), // negative when packets came twice
    jitterMs: jitter === undefined ? undefined : jitter * 1000,
  }
}

function picture(
  stat: Stat | undefined,
  frames: 'framesDecoded' | 'framesEncoded',
  byId: (id: unknown) => Stat | undefined,
): Pick<LinkReport['video'], 'frames' | 'width' | 'height' | 'codec'> {
  const type = byId(stat?.['codecId'])?.['mimeType']
  return {
    frames: number(stat?.[frames]),
    width: optional(stat?.['frameWidth']),
    height: optional(stat?.['frameHeight']),
    codec: typeof type === 'string' ? type.replace('video/', '') : undefined,
  }
}

function number(value: unknown): number {
  return optional(value) ?? 0
}

function optional(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
