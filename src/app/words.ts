import { errorName } from '../core/base/errors.ts'
import { formatBytes } from './byte-words.ts'
import { en } from './messages/en.ts'

/** A table of texts: each is a text or makes one from parameters. */
type Table = Readonly<Record<string, string | ((params: never) => string)>>

/** Another language's table: the same keys, each a text or a function of the same parameters. */
export type Translation<T extends Table> = {
  readonly [K in keyof T]: T[K] extends (params: infer P) => string ? (params: P) => string : string
}

type ParamsOf<T extends Table, K extends keyof T> = T[K] extends (params: infer P) => string
  ? [params: P]
  : []

/** Gives the words for a key. */
export type Words<T extends Table> = <K extends keyof T>(key: K, ...params: ParamsOf<T, K>) => string

/** Words out of a table of the same keys as `T`. */
export function createWords<T extends Table>(table: Translation<T>): Words<T> {
  return (key, ...params) => {
    const message: string | ((params: never) => string) = table[key]
    // The key ties message and parameters together; the type of the whole table cannot say so.
    return typeof message === 'string' ? message : message(params[0] as never)
  }
}

/** The words of the shell. English until a second table exists. What is loaded later has `late-words.ts`. */
export const t: Words<typeof en> = createWords<typeof en>(en)

/** The language of the words, for dates and numbers. */
export const locale = 'en'

/** Words of errors that only what is loaded later can meet. */
let lateErrors: Table = {}

/** Makes known the errors of a table that is loaded later. */
export function addErrorWords(table: Table): void {
  lateErrors = { ...lateErrors, ...table }
}

/** True when an error has words of its own, by its stable name. */
export function hasErrorWords(name: string): boolean {
  return textOf(name) !== undefined
}

function textOf(name: string): string | undefined {
  const key = `error.${name}`
  const table: Table = key in en ? en : lateErrors
  const text = Object.hasOwn(table, key) ? table[key] : undefined
  return typeof text === 'string' ? text : undefined
}

/** What happened and what to do, for anything thrown. */
export function errorWords(error: unknown): string {
  return errorNameWords(errorName(error), {
    detail: error instanceof Error ? error.message : String(error),
    ...(isQuota(error) ? { neededBytes: error.neededBytes, freeBytes: error.freeBytes } : {}),
  })
}

/** {@link errorWords} where only the stable name and message are left: failed rows and transfers. */
export function errorNameWords(
  name: string,
  {
    detail = name,
    neededBytes,
    freeBytes,
  }: { detail?: string; neededBytes?: number | undefined; freeBytes?: number | undefined } = {},
): string {
  if (name === 'QuotaExceededError') {
    return t('error.QuotaExceededError', {
      needed: neededBytes === undefined ? undefined : formatBytes(neededBytes, locale),
      free: freeBytes === undefined ? undefined : formatBytes(freeBytes, locale),
    })
  }
  return textOf(name) ?? t('error.UnknownError', { detail })
}

function isQuota(error: unknown): error is { neededBytes: number; freeBytes?: number } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'neededBytes' in error &&
    typeof error.neededBytes === 'number'
  )
}
