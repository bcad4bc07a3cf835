import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicAddress } from './networks.ts'

const turnPort = 3478
const relayPort = 4400
/** Shared by relay and TURN server, as docs/deploy.md has it. */
const secret = 'a secret of the lab, of 32 characters'

/** How the lab's pages reach the relay. */
export const relayUrl = `http://${publicAddress}:${String(relayPort)}`

/** The built relay and coturn on the lab's public address. */
export class Services {
  readonly #folder: string
  readonly #programs: ChildProcess[] = []

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(): Promise<Services> {
    const services = new Services(await mkdtemp(join(tmpdir(), 'tessera-services-')))
    await services.#startTurn()
    await services.#startRelay(['--ice', turnUrl('udp'), '--ice', turnUrl('tcp')])
    return services
  }

  /** What coturn has written down so far. */
  async turnLog(): Promise<string> {
    return await readFile(join(this.#folder, 'turn.log'), 'utf8')
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#programs.map(async (program) => {
        if (program.exitCode !== null) return
        const gone = new Promise<void>((resolve) => program.once('exit', () => resolve()))
        program.kill('SIGTERM')
        await gone
      }),
    )
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** coturn as docs/deploy.md configures it, but for names, certificate and secret. */
  async #startTurn(): Promise<void> {
    const config = join(this.#folder, 'turnserver.conf')
    await writeFile(
      config,
      [
        ...(await documentedConfig()),
        `static-auth-secret=${secret}`,
        `listening-ip=${publicAddress}`,
        `relay-ip=${publicAddress}`,
        `pidfile=${join(this.#folder, 'turn.pid')}`,
        `userdb=${join(this.#folder, 'turn.db')}`,
        'log-file=stdout',
        'verbose',
        '',
      ].join('\n'),
    )
    const turn = spawn('turnserver', ['-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(join(this.#folder, 'turn.log'))
    turn.stdout.pipe(log)
    turn.stderr.pipe(log)
    this.#programs.push(turn)
    await listens(turnPort)
  }

  async #startRelay(ice: readonly string[]): Promise<void> {
    const place = ['--host', '0.0.0.0', '--port', String(relayPort), '--data', join(this.#folder, 'relay')]
    const relay = spawn(process.execPath, ['dist-relay/relay.mjs', ...place, '--no-webrtc', ...ice], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TESSERA_TURN_SECRET: secret },
    })
    this.#programs.push(relay)
    await listens(relayPort)
  }
}

function turnUrl(transport: 'udp' | 'tcp'): string {
  return `turn:${publicAddress}:${String(turnPort)}?transport=${transport}`
}

/** The settings of the page's example that do not name a place or a secret. */
async function documentedConfig(): Promise<readonly string[]> {
  const page = await readFile('docs/deploy.md', 'utf8')
  const example = /```ini\n([\s\S]*?)```/.exec(page)?.[1]
  if (example === undefined) throw new Error('docs/deploy.md has no example of a turnserver.conf')
  return example.split('\n').filter((line) => !/^(#|cert=|pkey=|tls-|static-auth-secret=|$)/.test(line))
}

/** Resolves once something answers on a TCP port of the public address. */
async function listens(port: number): Promise<void> {
  const patience = AbortSignal.timeout(10_000)
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: publicAddress, port })
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('close', () => socket.destroy())
    })
    if (isOpen) return
    patience.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
