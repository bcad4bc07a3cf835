import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a wire does to packets, each way; what is left out it does not do. */
export interface WireShape {
  readonly delayMs?: number
  /** Share of packets that is lost, 0 to 1. */
  readonly loss?: number
  readonly kbitPerSecond?: number
}

/** A packet that would wait longer than this for a slow wire is dropped, as by a router with a queue of its time. */
const queueMs = 300

/** What a wire has carried since it was made. */
export interface WireCount {
  /** From its first end to its second, and back. */
  readonly bytes: readonly [number, number]
  /** Packets of RTP by the SSRC of their stream. */
  readonly media: ReadonlyMap<number, { readonly through: number; readonly lost: number }>
}

/** A wire between two network namespaces that can be made slow, narrow and lossy: for kernels without `tc netem`. */
export class Wire {
  readonly #program: ChildProcess
  #answer: (line: string) => void = () => undefined

  private constructor(program: ChildProcess) {
    this.#program = program
  }

  /** @param ends each as NAMESPACE_PATH=INTERFACE; the interfaces are made */
  static async between(...ends: readonly [string, string]): Promise<Wire> {
    const script = fileURLToPath(new URL('wire.pl', import.meta.url))
    const program = spawn('perl', [script, '0', ...ends], { stdio: ['pipe', 'pipe', 'inherit'] })
    const wire = new Wire(program)
    let text = ''
    const ready = new Promise<void>((resolve, reject) => {
      wire.#answer = () => resolve()
      program.once('exit', (code) => reject(new Error(`the wire ended with ${String(code)}`)))
    })
    program.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) wire.#answer(line)
    })
    await ready
    return wire
  }

  /** From now on. */
  async shape({ delayMs = 0, loss = 0, kbitPerSecond = 0 }: WireShape): Promise<void> {
    await this.#ask(`shape ${[delayMs, loss, kbitPerSecond, queueMs].map(String).join(' ')}`)
  }

  async count(): Promise<WireCount> {
    const [first, second, ...streams] = (await this.#ask('count')).split(' ')
    const media = streams.map((stream) => {
      const [ssrc = NaN, through = NaN, lost = NaN] = stream.split(':').map(Number)
      return [ssrc, { through, lost }] as const
    })
    return { bytes: [Number(first), Number(second)], media: new Map(media) }
  }

  stop(): void {
    this.#program.kill()
  }

  /** One question at a time. */
  #ask(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#program.stdin?.write(`${line}\n`)
    })
  }
}
