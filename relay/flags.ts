import { readIce, readNumber, readOrigin, readSecret, type RelayOptions } from './options.ts'

/** One command-line option: `read` turns its texts into options and throws `UsageError`. */
export interface Flag {
  readonly name: string
  /** What its value is called in the help; `undefined` for a switch. */
  readonly value?: string
  readonly isRepeatable?: boolean
  readonly help: string
  readonly read: (values: readonly string[]) => Partial<RelayOptions>
}

const last = (values: readonly string[]): string => values.at(-1) ?? ''

/** Every option, in the order of the help. */
export const flags: readonly Flag[] = [
  {
    name: 'port',
    value: 'PORT',
    help: 'public TCP port for app and WebSocket, 0 for a free one (4400)',
    read: (values) => ({ port: readNumber('--port', last(values), 0, 65_535) }),
  },
  {
    name: 'host',
    value: 'ADDRESS',
    help: 'address to listen on (0.0.0.0)',
    read: (values) => ({ host: last(values) }),
  },
  {
    name: 'data',
    value: 'FOLDER',
    help: 'where the key and certificate live (./.tessera)',
    read: (values) => ({ data: last(values) }),
  },
  {
    name: 'app',
    value: 'FOLDER',
    help: 'the built app (dist beside this program)',
    read: (values) => ({ app: last(values) }),
  },
  {
    name: 'public',
    value: 'ORIGIN',
    isRepeatable: true,
    help: 'how people reach this relay, such as https://tessera.example',
    read: (values) => ({
      publicOrigins: values.map((value) => readOrigin('--public', value, ['https:', 'http:'])),
    }),
  },
  {
    name: 'trust-proxy',
    help: 'believe X-Forwarded-For and X-Forwarded-Proto',
    read: () => ({ trustProxy: true }),
  },
  {
    name: 'ice',
    value: 'URL|JSON',
    isRepeatable: true,
    help: 'STUN or TURN server given to the page (none)',
    read: (values) => ({ iceServers: values.flatMap(readIce) }),
  },
  {
    name: 'turn-secret',
    value: 'SECRET',
    help: 'shared with the TURN servers of --ice, for short-lived credentials (none)',
    read: (values) => ({ turnSecret: readSecret('--turn-secret', last(values)) }),
  },
  {
    name: 'connect',
    value: 'ORIGIN',
    isRepeatable: true,
    help: 'another origin the page may connect to (none)',
    read: (values) => ({
      connectOrigins: values.map((value) =>
        readOrigin('--connect', value, ['wss:', 'https:', 'ws:', 'http:']),
      ),
    }),
  },
  {
    name: 'no-webrtc',
    help: 'do not listen for webrtc-direct',
    read: () => ({ webrtc: false }),
  },
  {
    name: 'webrtc-port',
    value: 'PORT',
    help: "UDP port of webrtc-direct (the TCP port's number)",
    read: (values) => ({ webrtcPort: readNumber('--webrtc-port', last(values), 1, 65_535) }),
  },
  {
    name: 'max-reservations',
    value: 'COUNT',
    help: 'peers that can be reached through this relay at once (500)',
    read: (values) => ({ maxReservations: readNumber('--max-reservations', last(values), 1, 100_000) }),
  },
  {
    name: 'max-per-address',
    value: 'COUNT',
    help: 'open WebSockets of one IPv4 address or IPv6 /64 (64)',
    read: (values) => ({ maxPerAddress: readNumber('--max-per-address', last(values), 1, 100_000) }),
  },
  {
    name: 'rate-per-minute',
    value: 'COUNT',
    help: 'new WebSockets of one address in a minute (120)',
    read: (values) => ({ ratePerMinute: readNumber('--rate-per-minute', last(values), 2, 100_000) }),
  },
]

/** The text of `--help`. */
export function helpText(): string {
  const rows = flags.map(({ name, value, help, isRepeatable }): [string, string] => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    isRepeatable === true ? `${help}; may be repeated` : help,
  ])
  rows.push(['--version', 'print the version'], ['-h, --help', 'print this'])
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    'Serves Tessera and introduces its peers to each other.',
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Each option can be set by environment as well: TESSERA_PORT for --port, TESSERA_TRUST_PROXY=1 for --trust-proxy.',
  ].join('\n')
}
