import { parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import { flags, type Flag } from './flags.ts'
import { defaultOptions, type RelayOptions } from './options.ts'

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly options: RelayOptions }

type Values = Map<string, string[]>

/** Reads arguments over environment (`TESSERA_PORT` is `--port`) over defaults. Throws `UsageError`. */
export function readCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const given = readArguments(args)
  if (given.has('help')) return { kind: 'help' }
  if (given.has('version')) return { kind: 'version' }
  let options = defaultOptions
  for (const flag of flags) {
    const values = given.get(flag.name) ?? fromEnvironment(flag, env)
    if (values !== undefined) options = { ...options, ...flag.read(values) }
  }
  return { kind: 'run', options }
}

function readArguments(args: readonly string[]): Values {
  const known = new Map(flags.map((flag) => [flag.name, flag]))
  const types = Object.fromEntries(
    [...flags, { name: 'help', value: undefined }, { name: 'version', value: undefined }].map(
      ({ name, value }) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }],
    ),
  )
  const options = { ...types, help: { type: 'boolean' as const, short: 'h' } }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const values: Values = new Map()
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`unexpected argument "${token.value}"; see --help`)
    if (token.kind !== 'option') continue
    if (!(token.name in options)) throw new UsageError(unknownOption(token.rawName))
    const takesValue = known.get(token.name)?.value !== undefined
    if (takesValue && (token.value ?? '') === '') throw new UsageError(`${token.rawName} needs a value`)
    if (!takesValue && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? 'true'])
  }
  return values
}

function fromEnvironment(
  flag: Flag,
  env: Readonly<Record<string, string | undefined>>,
): string[] | undefined {
  const value = env[environmentName(flag.name)]?.trim()
  if (value === undefined || value === '') return undefined
  if (flag.value === undefined) {
    if (['0', 'false', 'no'].includes(value)) return undefined
    return [value]
  }
  return flag.isRepeatable === true && !/^[[{]/.test(value) ? value.split(/\s+/) : [value]
}

/** `--max-reservations` is `TESSERA_MAX_RESERVATIONS`. */
export function environmentName(flag: string): string {
  return `TESSERA_${flag.toUpperCase().replaceAll('-', '_')}`
}

function unknownOption(rawName: string): string {
  const names = [...flags.map(({ name }) => `--${name}`), '--help', '--version']
  const near = names
    .map((name) => ({ name, distance: editDistance(rawName, name) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const suggestion = near !== undefined && near.distance <= 3 ? `; did you mean ${near.name}?` : ''
  return `unknown option ${rawName}${suggestion === '' ? '; see --help' : suggestion}`
}

/** Levenshtein distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
