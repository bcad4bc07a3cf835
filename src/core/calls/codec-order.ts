/** A codec as `getCapabilities` of WebRTC lists it; one entry for each profile. */
export interface CodecEntry {
  /** Such as `video/VP8`; compared without regard to case. */
  readonly mimeType: string
}

/** Pictures from what asks least of a machine to what asks most, where all run in software. */
const softwareOrder = ['video/vp8', 'video/h264', 'video/vp9', 'video/av1'] as const
/** What is worth more than VP8 where a chip does it: H.264 first, since most chips do it and each way. */
const hardwareOrder = ['video/h264', 'video/vp9', 'video/av1'] as const
/** Everything a call of a dozen people can carry without a chip. */
const always = 'video/vp8'
/** Not codecs of their own: loss repair that goes with any, always behind them. */
const repairs = ['video/rtx', 'video/red', 'video/ulpfec', 'video/flexfec-03', 'audio/red']

/** Whether this machine encodes and decodes a codec without its processor. */
export type IsEfficient = (entry: CodecEntry) => boolean

/**
 * Codecs of pictures in the order this machine does them well (docs/decisions/0035-codec-order.md). Nothing is left out, so two ends
 * that share any codec go on sharing it; entries of one codec keep the order they came in.
 *
 * @param offered the codec the other side put first in its offer: it stays first where a chip does it here too, else VP8 is
 */
export function orderPictures<T extends CodecEntry>(
  entries: readonly T[],
  isEfficient: IsEfficient,
  offered?: string,
): readonly T[] {
  const inHardware = new Set(entries.filter(isEfficient).map(nameOf))
  const first = offered?.toLowerCase()
  const rank = (entry: T): number => {
    const name = nameOf(entry)
    if (repairs.includes(name)) return 100
    if (first !== undefined && name === first && inHardware.has(name)) return 0
    // Whoever offers something else has no chip for what we might like better.
    if (first !== undefined && name === always) return 1
    const hardware = hardwareOrder.findIndex((known) => known === name)
    if (hardware >= 0 && inHardware.has(name)) return 2 + hardware
    const software = softwareOrder.findIndex((known) => known === name)
    return software >= 0 ? 10 + software : 50
  }
  return entries.toSorted((a, b) => rank(a) - rank(b))
}

/** Opus first, its redundancy next, then whatever else there is: the sound of a call never depends on a choice. */
export function orderSound<T extends CodecEntry>(entries: readonly T[]): readonly T[] {
  const first = ['audio/opus', 'audio/red']
  const rank = (entry: T): number => {
    const at = first.indexOf(nameOf(entry))
    return at >= 0 ? at : first.length
  }
  return entries.toSorted((a, b) => rank(a) - rank(b))
}

/** The codec a description's first line of pictures prefers, such as `video/VP8` (RFC 8866 sections 5.14 and 6.6). */
export function preferredPicture(sdp: string): string | undefined {
  const payload = /^m=video \d+ \S+ (\d+)/m.exec(sdp)?.[1]
  if (payload === undefined) return undefined
  const name = new RegExp(`^a=rtpmap:${payload} ([\\w.-]{1,32})/`, 'm').exec(sdp)?.[1]
  return name === undefined ? undefined : `video/${name}`
}

function nameOf({ mimeType }: CodecEntry): string {
  return mimeType.toLowerCase()
}
