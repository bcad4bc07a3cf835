/** A STUN or TURN server (W3C WebRTC, RTCIceServer). */
export interface IceServer {
  readonly urls: string | string[]
  readonly username?: string
  readonly credential?: string
}

/** Only the TURN servers of a list, with their TURN addresses only: what an address that stays hidden may be told to. */
export function turnOnly(servers: readonly IceServer[]): readonly IceServer[] {
  return servers.flatMap((server) => {
    const urls = [server.urls].flat().filter((url) => /^turns?:/i.test(url))
    return urls.length === 0 ? [] : [{ ...server, urls }]
  })
}

/** A candidate of a TURN server in full, and nothing after it but plain extension words (RFC 8839 section 5.1). */
const relayForm =
  /^(candidate:[\w+/]{1,32} \d{1,3} (?:udp|tcp) \d{1,10} (?:[0-9.]{7,15}|[0-9a-f:.]{2,45}) \d{1,5} typ relay)(?: raddr (\S+) rport \d{1,5})?((?: [\w+/-]+ [\w+/.:-]+)*)$/i

/**
 * A candidate as it may travel while an address stays hidden: one of a TURN server, without the address behind it (`raddr`, `rport`).
 * Undefined for any other: a host's own, one seen by STUN, a name that only the local network knows, or what is no candidate.
 *
 * @param candidate the value of an `a=candidate` line, without `a=`
 */
export function relayCandidate(candidate: string): string | undefined {
  const parts = relayForm.exec(candidate)
  if (parts === null) return undefined
  const [, server = '', behind, extensions = ''] = parts
  if (/ (?:typ|raddr|rport) /i.test(`${extensions} `)) return undefined
  const nowhere = behind === undefined ? '' : ` raddr ${behind.includes(':') ? '::' : '0.0.0.0'} rport 0`
  return server + nowhere + extensions
}
