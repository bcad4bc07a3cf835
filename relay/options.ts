import * as v from 'valibot'
import { UsageError } from './errors.ts'

const text = v.pipe(v.string(), v.maxLength(512))
const iceUrl = v.pipe(text, v.regex(/^(stun|stuns|turn|turns):[^\s]+$/))
const iceServer = v.strictObject({
  urls: v.union([iceUrl, v.pipe(v.array(iceUrl), v.minLength(1), v.maxLength(8))]),
  username: v.optional(text),
  credential: v.optional(text),
})

/** A STUN or TURN server as the page's `RTCConfiguration` wants it. */
export type IceServer = v.InferOutput<typeof iceServer>

/** Everything that can be set; {@link defaultOptions} for the rest. */
export interface RelayOptions {
  /** Public TCP port, 0 for a free one. */
  readonly port: number
  /** Address to listen on. */
  readonly host: string
  /** Folder of the key and the certificate; made when missing. */
  readonly data: string
  /** Folder of the built app; `undefined` serves none. */
  readonly app: string | undefined
  /** Origins under which people reach this relay, told to other peers, such as `https://tessera.example`. */
  readonly publicOrigins: readonly string[]
  /** Believe `X-Forwarded-For` and `X-Forwarded-Proto`: only behind a proxy that sets both. */
  readonly trustProxy: boolean
  /** Listen for webrtc-direct as well. */
  readonly webrtc: boolean
  /** UDP port of webrtc-direct; the TCP port's number when `undefined`. */
  readonly webrtcPort: number | undefined
  readonly iceServers: readonly IceServer[]
  /** Secret shared with the TURN server, for short-lived credentials; `undefined` mints none. */
  readonly turnSecret: string | undefined
  /** Origins beside our own that the page may connect to. */
  readonly connectOrigins: readonly string[]
  readonly maxReservations: number
  /** Open WebSockets of one remote address (IPv4, or IPv6 /64). */
  readonly maxPerAddress: number
  /** New WebSockets of one remote address in a minute; half of it may come at once. */
  readonly ratePerMinute: number
}

/** What holds when nothing is said. */
export const defaultOptions: RelayOptions = {
  port: 4400,
  host: '0.0.0.0',
  data: '.tessera',
  app: undefined,
  publicOrigins: [],
  trustProxy: false,
  webrtc: true,
  webrtcPort: undefined,
  iceServers: [],
  turnSecret: undefined,
  connectOrigins: [],
  maxReservations: 500,
  maxPerAddress: 64,
  ratePerMinute: 120,
}

/** Whole number in a range, for the option called `name`. Throws `UsageError`. */
export function readNumber(name: string, value: string, lowest: number, highest: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= lowest && number <= highest) return number
  throw new UsageError(`${name}: expected a whole number from ${lowest} to ${highest}, got "${value}"`)
}

/** One `--ice` value: a URL, a JSON object or a JSON list of them. Throws `UsageError`. */
export function readIce(value: string): IceServer[] {
  const wrong = `--ice: expected a URL such as stun:host:3478, or JSON {"urls", "username", "credential"}`
  let parsed: unknown = { urls: value }
  if (/^\s*[[{]/.test(value)) {
    try {
      parsed = JSON.parse(value)
    } catch (cause) {
      throw new UsageError(wrong, { cause })
    }
  }
  const result = v.safeParse(v.array(iceServer), Array.isArray(parsed) ? parsed : [parsed])
  if (!result.success) throw new UsageError(wrong) // the value may hold a credential: not echoed
  return result.output
}

/** The secret shared with a TURN server. Throws `UsageError`, which does not show it. */
export function readSecret(name: string, value: string): string {
  if (value.length >= 16 && value.length <= 512) return value
  throw new UsageError(`${name}: expected a secret of 16 to 512 characters, got ${value.length}`)
}

/** An origin such as `wss://relay.example:4400`, of one of the given schemes. Throws `UsageError`. */
export function readOrigin(name: string, value: string, schemes: readonly string[]): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isOrigin = url !== undefined && url.pathname === '/' && !/[\s;,?#@]/.test(value)
  if (isOrigin && schemes.includes(url.protocol)) return `${url.protocol}//${url.host}`
  throw new UsageError(`${name}: expected an origin (${schemes.join(', ')}) and no path, got "${value}"`)
}
