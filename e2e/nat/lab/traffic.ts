import { spawn, type ChildProcess } from 'node:child_process'
import { run } from './networks.ts'
import type { Site } from './networks.ts'

/** Bytes 4 to 7 of every STUN message (RFC 8489 section 5): what has them is a check for a way, not media. */
const magicCookie = '0x2112a442'

/**
 * Counts on the internet's own router what goes straight between two sites: what passes relay or TURN server is theirs, and is not
 * forwarded. From the outside, so that no page can be wrong about it.
 */
export class Straight {
  private constructor() {
    // Made by `between` only: there is one table of rules.
  }

  static between(a: Site, b: Site): Straight {
    const rules = [
      [a, b],
      [b, a],
    ].flatMap(([from, to]) => {
      const way = `ip saddr { ${from?.addresses.join(', ') ?? ''} } ip daddr { ${to?.addresses.join(', ') ?? ''} }`
      return [
        `${way} counter name everything`,
        `${way} meta l4proto udp @th,96,32 != ${magicCookie} counter name media`,
      ]
    })
    run(
      ['nft', '-f', '-'],
      `table ip straight
delete table ip straight
table ip straight {
  counter everything { }
  counter media { }
  chain through { type filter hook forward priority 0; policy accept;
    ${rules.join('\n    ')}
  }
}
`,
    )
    return new Straight()
  }

  /** Packets of both ways so far, checks for a way among them. */
  all(): number {
    return packetsOf('everything')
  }

  /** Packets of both ways so far that carry something. */
  media(): number {
    return packetsOf('media')
  }
}

function packetsOf(counter: string): number {
  const listing = run(['nft', 'list', 'counter', 'ip', 'straight', counter])
  return Number(/packets (\d+)/.exec(listing)?.[1])
}

/** Everything that a host sends or receives, as tcpdump sees it at its own interface. */
export class Capture {
  readonly #program: ChildProcess
  readonly #own: ReadonlySet<string>
  #text = ''

  private constructor(program: ChildProcess, site: Site) {
    this.#program = program
    this.#own = new Set(site.addresses)
  }

  /** Resolves once packets are seen. */
  static async on(site: Site): Promise<Capture> {
    const enter = [`--net=/run/netns/${site.host}`, '--']
    const program = spawn('nsenter', [...enter, 'tcpdump', '-i', 'eth0', '-n', '-l', '-q', '-t', 'ip'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const capture = new Capture(program, site)
    program.stdout.on('data', (chunk: Buffer) => (capture.#text += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      program.stderr.once('data', () => resolve()) // "listening on eth0"
      program.once('exit', (code) => reject(new Error(`tcpdump ended with ${String(code)}`)))
    })
    return capture
  }

  /** Ends it: how many packets there were, and every address but the host's own that they came from or went to. */
  async end(): Promise<{ readonly packets: number; readonly peers: readonly string[] }> {
    const gone = new Promise<void>((resolve) => this.#program.once('close', () => resolve()))
    this.#program.kill('SIGINT')
    await gone
    const lines = this.#text.split('\n').filter((line) => line.startsWith('IP '))
    const addresses = lines.flatMap((line) => line.match(/\d+\.\d+\.\d+\.\d+/g)?.slice(0, 2) ?? [])
    return { packets: lines.length, peers: [...new Set(addresses)].filter((one) => !this.#own.has(one)) }
  }
}
