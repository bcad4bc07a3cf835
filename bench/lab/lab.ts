import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Prefix } from '../harness/site.ts'

/** Where the middle of the lab, with the relay, is reached from every host. */
export const middleAddress = '10.77.0.1'

// Not `self`: the wire's program changes its namespace as it goes.
const middleNamespace = `/proc/${String(process.pid)}/ns/net`
const namespaceOf = (host: string): string => `/run/netns/${host}`

/** {@link isolated} for a program in TypeScript. */
export function runIsolated(program: string): Promise<number | undefined> {
  return isolated([process.execPath, '--import', 'tsx', program])
}

/**
 * Runs a command inside namespaces of its own (network, mounts, processes): nothing in there reaches the machine's network, not even to
 * ask for a name, and all of it ends with the command. Resolves to its exit code, or undefined where that is not allowed.
 */
export async function isolated(command: readonly string[]): Promise<number | undefined> {
  const asRoot = process.getuid?.() === 0
  const own = [...(asRoot ? [] : ['--user', '--map-root-user']), '--net', '--mount', '--pid']
  const isolate = [...own, '--fork', '--kill-child', '--mount-proc']
  try {
    execFileSync('unshare', [...isolate, 'true'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const steps = ['mount -t tmpfs tmpfs /run', 'mkdir /run/netns', 'ip link set lo up']
  const prepare = [...steps, 'mount --bind /dev/null /etc/resolv.conf', 'exec "$@"'].join(' && ')
  const child = spawn('unshare', [...isolate, 'sh', '-c', prepare, 'sh', ...command], { stdio: 'inherit' })
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}

/** Hosts around a middle that forwards between them. Lives in the namespaces of {@link runIsolated}. */
export class Lab {
  readonly #folder: string
  readonly #wires: ChildProcess[] = []
  #hosts = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(): Promise<Lab> {
    const lab = new Lab(await mkdtemp(join(tmpdir(), 'tessera-lab-')))
    ip(`addr add ${middleAddress}/32 dev lo`)
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
    return lab
  }

  /** A host linked to the middle; with a delay, its packets take so long each way. */
  async host(name: string, delayMs: number): Promise<void> {
    const net = `10.77.${String(++this.#hosts)}`
    const [inside, outside] = ['eth0', `to-${name}`]
    ip(`netns add ${name}`)
    if (delayMs > 0)
      await this.#wire(delayMs, `${namespaceOf(name)}=${inside}`, `${middleNamespace}=${outside}`)
    else ip(`link add ${outside} type veth peer name ${inside} netns ${name}`)
    // A long queue: what the wire cannot take at once waits, as in a router, and is not lost.
    ip(`addr add ${net}.1 peer ${net}.2 dev ${outside}`, `link set ${outside} up txqueuelen 10000`)
    const commands = ['link set lo up', `addr add ${net}.2 peer ${net}.1 dev ${inside}`]
    commands.push(`link set ${inside} up txqueuelen 10000`, `route add default via ${net}.1`)
    for (const command of commands) execFileSync('ip', ['-n', name, ...command.split(' ')])
  }

  /** What to put before a program to run it on a host. */
  static prefix(host: string): Prefix {
    return ['nsenter', `--net=${namespaceOf(host)}`, '--']
  }

  /** A program that starts `browser` on a host; the driver's pipes pass through. */
  async browserOn(host: string, browser: string): Promise<string> {
    const path = join(this.#folder, `browser-${host}`)
    await writeFile(path, `#!/bin/sh\nexec ${Lab.prefix(host).join(' ')} ${browser} "$@"\n`, { mode: 0o755 })
    return path
  }

  async stop(): Promise<void> {
    for (const wire of this.#wires) wire.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #wire(delayMs: number, ...ends: readonly string[]): Promise<void> {
    const program = fileURLToPath(new URL('wire.pl', import.meta.url))
    const wire = spawn('perl', [program, String(delayMs), ...ends], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#wires.push(wire)
    await new Promise<void>((resolve, reject) => {
      wire.stdout.once('data', () => resolve())
      wire.once('exit', (code) => reject(new Error(`the wire ended with ${String(code)}`)))
    })
  }
}

function ip(...commands: readonly string[]): void {
  for (const command of commands) execFileSync('ip', command.split(' '))
}
