import { describe, expect, it } from 'vitest'
import { environmentName, readCommand } from './command-line.ts'
import { flags, helpText } from './flags.ts'
import { defaultOptions } from './options.ts'

const options = (args: string[], env: Record<string, string> = {}): object => {
  const command = readCommand(args, env)
  return command.kind === 'run' ? command.options : {}
}

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(options([])).toEqual(defaultOptions)
  })

  it('reads values after a space and after an equals sign', () => {
    expect(options(['--port', '0', '--host=127.0.0.1', '--no-webrtc'])).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      webrtc: false,
    })
  })

  it('puts arguments over environment over defaults', () => {
    const env = { TESSERA_PORT: '5000', TESSERA_MAX_RESERVATIONS: '7', TESSERA_TRUST_PROXY: '1' }
    expect(options(['--port', '6000'], env)).toMatchObject({
      port: 6000,
      maxReservations: 7,
      trustProxy: true,
    })
    expect(options([], { TESSERA_TRUST_PROXY: '0' })).toMatchObject({ trustProxy: false })
  })

  it('takes ICE servers as URLs and as JSON, several times', () => {
    const turn = { urls: ['turn:t.example:3478'], username: 'u', credential: 'c' }
    expect(options(['--ice', 'stun:s.example:3478', '--ice', JSON.stringify([turn])])).toMatchObject({
      iceServers: [{ urls: 'stun:s.example:3478' }, turn],
    })
    expect(options([], { TESSERA_ICE: 'stun:a.example stun:b.example' })).toMatchObject({
      iceServers: [{ urls: 'stun:a.example' }, { urls: 'stun:b.example' }],
    })
  })

  it('suggests the option that was meant', () => {
    expect(() => readCommand(['--prot', '1'], {})).toThrow('unknown option --prot; did you mean --port?')
    expect(() => readCommand(['--entirely-else'], {})).toThrow('unknown option --entirely-else; see --help')
  })

  it.each([
    [['--port'], '--port needs a value'],
    [['--port='], '--port needs a value'],
    [['--port', '70000'], 'expected a whole number from 0 to 65535, got "70000"'],
    [['--port', '1e3'], 'expected a whole number'],
    [['--no-webrtc=yes'], '--no-webrtc takes no value'],
    [['extra'], 'unexpected argument "extra"'],
    [['--connect', 'wss://a.example; script-src *'], '--connect: expected an origin'],
    [['--connect', 'wss://a.example/path'], '--connect: expected an origin'],
    [['--connect', 'ftp://a.example'], '--connect: expected an origin'],
    [['--turn-secret', 'short'], '--turn-secret: expected a secret of 16 to 512 characters, got 5'],
    [['--ice', 'http://a.example'], '--ice: expected a URL'],
    [['--ice', '{"urls":'], '--ice: expected a URL'],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(() => readCommand(args, {})).toThrow(sentence)
    expect(() => readCommand(args, {})).toThrow(expect.objectContaining({ name: 'UsageError' }))
  })

  it('never repeats an ICE credential in its refusal', () => {
    expect(() => readCommand(['--ice', '{"urls":"bad","credential":"hush"}'], {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') as string }),
    )
  })

  it('explains every option, and --help wins over the rest', () => {
    for (const { name } of flags) expect(helpText()).toContain(`--${name}`)
    expect(readCommand(['--help', '--port', '1'], {})).toEqual({ kind: 'help' })
    expect(readCommand(['-h'], {})).toEqual({ kind: 'help' })
    expect(readCommand(['--version'], {})).toEqual({ kind: 'version' })
    expect(environmentName('max-per-address')).toBe('TESSERA_MAX_PER_ADDRESS')
  })
})
