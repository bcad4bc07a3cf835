import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wire } from '../../../bench/lab/wire.ts'
import { natRules, type Nat } from './nat-rules.ts'

/** The address of relay and TURN server (TEST-NET-3, RFC 5737): it exists inside the lab only. */
export const publicAddress = '203.0.113.1'

const namespaceOf = (name: string): string => `/run/netns/${name}`

/** A host and how it is linked to the internet. */
export interface Site {
  readonly host: string
  /** Its own address, and the one that the internet sees. */
  readonly addresses: readonly string[]
  /** The wire to the internet, when one was asked for. */
  readonly wire: Wire | undefined
}

/**
 * Sites around an internet: the namespace this process is in, where relay and TURN server run. Lives in namespaces of
 * its own (`tools/test-nat.ts`), with which all of it goes.
 */
export class Networks {
  readonly #folder: string
  readonly #wires: Wire[] = []
  readonly #names: string[] = []
  /** How often each host has changed its network. */
  readonly #changes = new Map<string, number>()
  #sites = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Networks> {
    const networks = new Networks(await mkdtemp(join(tmpdir(), 'tessera-nat-')))
    ip(`addr replace ${publicAddress}/32 dev lo`)
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
    return networks
  }

  /** A site with one host. @param isShaped with a wire that can be made slow or lossy */
  async site(nat: Nat, isShaped = false): Promise<Site> {
    const n = ++this.#sites
    const host = `host${String(n)}`
    this.#add(host)
    if (nat !== 'open') return this.#uplink(host, 'eth0', nat, isShaped)
    const [near, far] = outsideOf(n)
    const wire = await this.#join(host, 'eth0', near, `out${String(n)}`, far, isShaped)
    inside(host, `route add default via ${far}`)
    return { host, addresses: [near], wire }
  }

  /** A host loses its network and finds another at once, as a telephone does that leaves a house. */
  async change(host: string, nat: Exclude<Nat, 'open'>): Promise<void> {
    ++this.#sites
    const before = this.#changes.get(host) ?? 0
    this.#changes.set(host, before + 1)
    inside(host, `link set eth${String(before)} down`)
    await this.#uplink(host, `eth${String(before + 1)}`, nat, false)
  }

  /** A program that starts `browser` on a host; the driver's pipes pass through. */
  async browserOn(host: string, browser: string): Promise<string> {
    const path = join(this.#folder, `browser-${host}`)
    await writeFile(path, `#!/bin/sh\nexec nsenter --net=${namespaceOf(host)} -- ${browser} "$@"\n`, {
      mode: 0o755,
    })
    return path
  }

  /** Takes all sites away. */
  clear(): void {
    for (const wire of this.#wires.splice(0)) wire.stop()
    for (const name of this.#names.splice(0)) ip(`netns del ${name}`)
    this.#changes.clear()
  }

  async close(): Promise<void> {
    this.clear()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** A way out for a host through a router of its own, taken from now on. */
  async #uplink(host: string, device: string, nat: Exclude<Nat, 'open'>, isShaped: boolean): Promise<Site> {
    const n = this.#sites
    const router = `router${String(n)}`
    this.#add(router)
    const [near, far] = outsideOf(n)
    const wire = await this.#join(router, 'wan0', near, `out${String(n)}`, far, isShaped)
    inside(router, `route add default via ${far}`)
    const own = `192.168.${String(10 + n)}`
    ip(`link add ${device} netns ${host} type veth peer name lan0 netns ${router}`)
    inside(router, `addr add ${own}.1/24 dev lan0`, 'link set lan0 up')
    inside(host, `addr add ${own}.10/24 dev ${device}`, `link set ${device} up`)
    inside(host, `route replace default via ${own}.1`)
    set(router, 'net/ipv4/ip_forward', 1)
    run(['nsenter', `--net=${namespaceOf(router)}`, 'nft', '-f', '-'], natRules(nat, near))
    return { host, addresses: [`${own}.10`, near], wire }
  }

  #add(name: string): void {
    ip(`netns add ${name}`)
    this.#names.push(name)
    // An IPv6 address is ready a second after its link: a change of network for a browser, which ends what it is loading.
    set(name, 'net/ipv6/conf/all/disable_ipv6', 1)
    set(name, 'net/ipv6/conf/default/disable_ipv6', 1)
    inside(name, 'link set lo up')
  }

  async #join(
    near: string,
    nearDevice: string,
    nearAddress: string,
    farDevice: string,
    farAddress: string,
    isShaped: boolean,
  ): Promise<Wire | undefined> {
    let wire: Wire | undefined
    if (isShaped) {
      const internet = `/proc/${String(process.pid)}/ns/net` // not `self`: the wire's program changes its namespace
      wire = await Wire.between(`${namespaceOf(near)}=${nearDevice}`, `${internet}=${farDevice}`)
      this.#wires.push(wire)
    } else ip(`link add ${farDevice} type veth peer name ${nearDevice} netns ${near}`)
    inside(near, `addr add ${nearAddress} peer ${farAddress} dev ${nearDevice}`, `link set ${nearDevice} up`)
    ip(`addr add ${farAddress} peer ${nearAddress} dev ${farDevice}`, `link set ${farDevice} up`)
    return wire
  }
}

/** The two ends of a site's line to the internet (TEST-NET-2, RFC 5737): 63 sites in one run. */
function outsideOf(n: number): readonly [string, string] {
  return [`198.51.100.${String(n * 4 + 2)}`, `198.51.100.${String(n * 4 + 1)}`]
}

function ip(...commands: readonly string[]): void {
  for (const command of commands) run(['ip', ...command.split(' ')])
}

function inside(name: string, ...commands: readonly string[]): void {
  for (const command of commands) run(['ip', '-n', name, ...command.split(' ')])
}

/** Sets what the kernel of a namespace has under /proc/sys; what it does not have needs no setting. */
function set(name: string, key: string, value: number): void {
  const path = `/proc/sys/${key}`
  run([
    'nsenter',
    `--net=${namespaceOf(name)}`,
    'sh',
    '-c',
    `[ ! -e ${path} ] || echo ${String(value)} > ${path}`,
  ])
}

/** Runs a program to its end and gives what it said. */
export function run([program = '', ...args]: readonly string[], input = ''): string {
  return execFileSync(program, args, { input, stdio: ['pipe', 'pipe', 'pipe'] }).toString()
}
