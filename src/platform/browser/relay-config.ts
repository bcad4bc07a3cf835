import * as v from 'valibot'
import type { IceServer } from '../../core/mesh/index.ts'

const urls = v.union([v.string(), v.array(v.string())])
const schema = v.object({
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(512))), v.maxLength(16)),
  iceServers: v.optional(
    v.array(v.object({ urls, username: v.optional(v.string()), credential: v.optional(v.string()) })),
    [],
  ),
})

/** A relay that does not answer in this time is tried again later. */
const timeoutMs = 4_000

/** The relay's TURN credentials live an hour; a call that begins with this much of it gone asks for new ones. */
const staleMs = 20 * 60_000

/** What the relay that serves this page says of itself: read anew before each try, ICE servers kept from the last answer. */
export class RelayConfig {
  #iceServers: readonly IceServer[] = []
  #readAt = -Infinity

  iceServers(): readonly IceServer[] {
    return this.#iceServers
  }

  /**
   * Asks again when there was no answer yet, or the last is old enough for its credentials to run out; what was known stays when it
   * fails.
   */
  async refresh(): Promise<void> {
    const hasCredentials = this.#iceServers.some(({ credential }) => credential !== undefined)
    const isStale = hasCredentials && performance.now() - this.#readAt > staleMs
    if (isStale || this.#readAt === -Infinity) await this.addresses()
  }

  /** Its dialable addresses; none when it does not answer. */
  async addresses(): Promise<readonly string[]> {
    try {
      const response = await fetch('/relay.json', {
        cache: 'no-store',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const { addresses, iceServers } = v.parse(schema, await response.json())
      this.#readAt = performance.now()
      this.#iceServers = iceServers.map(({ urls: list, username, credential }) => ({
        urls: list,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      }))
      return addresses.filter(isReachableFromHere)
    } catch {
      return [] // offline, or not a relay: the keeper comes again
    }
  }
}

/** The page may open WebSockets to its own host only (`connect-src 'self'`); WebRTC is not bound by that. */
function isReachableFromHere(address: string): boolean {
  return !/\/ws(\/|$)/.test(address) || address.includes(`/${location.hostname.replace(/^\[|\]$/g, '')}/`)
}
