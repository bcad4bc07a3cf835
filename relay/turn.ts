import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../src/core/base/clock.ts'
import type { IceServer } from './options.ts'

/**
 * Life of a minted credential. A call asks for a fresh one as it begins and with every restart of ICE, so an hour is ample; what is
 * stolen is worth little.
 */
const lifeSeconds = 3_600

/** Names of one hour must not meet by chance: with 48 bits, ten thousand do once in five million hours. */
const nameBytes = 6

/**
 * Gives TURN servers short-lived credentials as coturn's `use-auth-secret` checks them (TURN REST, draft-uberti-behave-turn-rest-00
 * section 2.2): the username is the moment it expires and a random name, the password base64 of HMAC-SHA1 of it under the shared
 * secret. coturn counts its `user-quota` by that name: without one, all who ask in the same second would share a quota. The scheme
 * fixes SHA-1; as an HMAC it is sound (RFC 6151 section 2 speaks of MD5, the same holds). Servers that have a credential of their
 * own, and STUN servers, stay as they are.
 */
export function withTurnCredentials(
  servers: readonly IceServer[],
  secret: string | undefined,
  clock: Clock,
  random: (length: number) => Buffer = randomBytes,
): readonly IceServer[] {
  if (secret === undefined) return servers
  const name = random(nameBytes).toString('hex')
  const username = `${String(Math.floor(clock.now() / 1000) + lifeSeconds)}:${name}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return servers.map((server) => (needsCredential(server) ? { ...server, username, credential } : server))
}

function needsCredential({ urls, credential }: IceServer): boolean {
  return credential === undefined && [urls].flat().some((url) => /^turns?:/.test(url))
}
