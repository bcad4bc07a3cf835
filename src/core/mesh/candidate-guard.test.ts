import { describe, expect, it } from 'vitest'
import { guardCandidates } from './candidate-guard.ts'

const relay = 'candidate:1 1 udp 1 203.0.113.1 50000 typ relay raddr 198.51.100.7 rport 4444'
const host = 'candidate:1 1 udp 1 192.168.1.5 9 typ host'

/** Classes of their own: the guard changes prototypes. */
function guarded(policy: 'all' | 'relay') {
  class Connection {
    readonly added: unknown[] = []
    getConfiguration() {
      return { iceTransportPolicy: policy }
    }
    async addIceCandidate(candidate?: { candidate?: string } | null): Promise<void> {
      await Promise.resolve()
      this.added.push(candidate?.candidate)
    }
  }
  class Candidate {
    readonly candidate: string
    constructor(candidate: string) {
      this.candidate = candidate
    }
    toJSON(): { candidate: string; sdpMid: string } {
      return { candidate: this.candidate, sdpMid: '0' }
    }
  }
  guardCandidates(Connection, Candidate)
  return { connection: new Connection(), plain: (text: string) => new Candidate(text).toJSON() }
}

describe('candidates of data links', () => {
  it('ME-9 of a TURN server never name the address behind it, others stay as they are', () => {
    const { plain } = guarded('all')
    expect(plain(relay)).toEqual({
      candidate: relay.replace(/raddr.*$/, 'raddr 0.0.0.0 rport 0'),
      sdpMid: '0',
    })
    expect(plain(host)).toEqual({ candidate: host, sdpMid: '0' })
  })
  it('ME-9 are taken by a hidden connection only when they are of a TURN server', async () => {
    const { connection } = guarded('relay')
    for (const candidate of [host, relay, 'nonsense', '']) await connection.addIceCandidate({ candidate })
    await connection.addIceCandidate(null)
    expect(connection.added).toEqual([relay, '', undefined])
  })
  it('ME-9 are all taken by another', async () => {
    const { connection } = guarded('all')
    for (const candidate of [host, relay]) await connection.addIceCandidate({ candidate })
    expect(connection.added).toEqual([host, relay])
  })
})
