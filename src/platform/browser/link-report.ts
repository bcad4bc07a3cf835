import type { LinkReport, SendLimit } from '../../core/calls/index.ts'

type Stat = Readonly<Record<string, unknown>>

/** Lines of microphone and camera; screens are not graded. */
const soundMid = '0'
const cameraMid = '1'
/** By the lines every description of ours has. */
const lineOf: Readonly<Record<string, LinkReport['heard'][number]['line']>> = {
  [soundMid]: 'sound',
  [cameraMid]: 'picture',
  '2': 'screen',
}
const limits: readonly SendLimit[] = ['none', 'cpu', 'bandwidth', 'other']

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
  return {
    atMs,
    path:
      pair === undefined
        ? undefined
        : ends.some((end) => end?.['candidateType'] === 'relay')
          ? 'relayed'
          : 'direct',
    rttMs: milliseconds(pair?.['currentRoundTripTime']),
    audio: received(of('inbound-rtp', soundMid)),
    video: { ...received(camera), ...picture(camera, 'framesDecoded', byId) },
    sent: {
      ...picture(sent, 'framesEncoded', byId),
      bytes: number(sent?.['bytesSent']),
      limit: limits.find((limit) => limit === sent?.['qualityLimitationReason']),
    },
    heard: all.filter((stat) => stat['type'] === 'remote-inbound-rtp').flatMap((stat) => heard(stat, byId)),
    carried: {
      received: number(transport?.['bytesReceived']) + headerBytes * number(transport?.['packetsReceived']),
      sent: number(transport?.['bytesSent']) + headerBytes * number(transport?.['packetsSent']),
    },
  }
}

function received(stat: Stat | undefined): LinkReport['audio'] {
  return {
    // Packets sent again come on top of those that were sent: they would make the line look better than it is.
    packets: number(stat?.['packetsReceived']) - number(stat?.['retransmittedPacketsReceived']),
    lost: Math.max(0, number(stat?.['packetsLost'])), // negative when packets came twice
    jitterMs: milliseconds(stat?.['jitter']),
  }
}

/** What the other side says of a line of ours; nothing of one we do not know. */
function heard(stat: Stat, byId: (id: unknown) => Stat | undefined): LinkReport['heard'] {
  const mid = byId(stat['localId'])?.['mid']
  const line = typeof mid === 'string' ? lineOf[mid] : undefined
  if (line === undefined) return []
  const rttMs = milliseconds(stat['roundTripTime'])
  return [{ line, stamp: number(stat['timestamp']), lostFraction: optional(stat['fractionLost']), rttMs }]
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

/** Statistics count in seconds. */
function milliseconds(value: unknown): number | undefined {
  const seconds = optional(value)
  return seconds === undefined ? undefined : seconds * 1000
}

function optional(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
