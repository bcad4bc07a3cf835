import type { IDBPTransaction } from 'idb'
import { equalBytes } from '../../core/base/bytes.ts'
import { systemClock, systemRandom, type Clock } from '../../core/base/clock.ts'
import { errorName, QuotaExceededError, TesseraError, TimeoutError } from '../../core/base/errors.ts'
import { within } from '../../core/base/wait.ts'
import {
  StorageBlockedError,
  StorageDeniedError,
  StorageError,
  StorageOutdatedError,
} from '../../core/storage/index.ts'
import { openSchema, type Database, type StoreName, type TesseraSchema } from './schema.ts'

type Transaction<M extends IDBTransactionMode> = IDBPTransaction<TesseraSchema, StoreName[], M>
export type WriteTransaction = Transaction<'readwrite'>

/** How long older tabs may hold up an upgrade; they let go at once unless they are frozen. */
const blockedWaitMs = 5_000

/** A page load's opening takes tens of ms; a minute means the browser's storage hangs. */
const openWaitMs = 60_000

export interface ConnectionInit {
  readonly name: string
  /** Called once when the database was wiped or a newer tab changed its shape: this page must be loaded again. */
  readonly onLost: () => void
  readonly clock?: Clock
  /** For tests of an upgrade, which the first version of the schema cannot have. */
  readonly open?: typeof openSchema
}

/**
 * The profile's database, shared by all its tabs. A connection that the browser drops (Safari does in the background) is made
 * again on the next use, if the database is still the one it was (SPEC ST-8).
 */
export class Connection {
  readonly #name: string
  readonly #onLost: () => void
  readonly #clock: Clock
  readonly #openSchema: typeof openSchema
  #opening: Promise<Database> | undefined
  #current: Database | undefined
  #birth: Uint8Array | undefined
  /** Why no use is possible any more, once that is so. */
  #over: string | undefined

  constructor({ name, onLost, clock = systemClock, open = openSchema }: ConnectionInit) {
    this.#name = name
    this.#onLost = onLost
    this.#clock = clock
    this.#openSchema = open
  }

  /** The open database. Throws `StorageError` when it cannot be had. */
  async database(): Promise<Database> {
    if (this.#over !== undefined) throw new StorageError(this.#over)
    this.#opening ??= this.#open()
    try {
      return await this.#opening
    } catch (cause) {
      this.#opening = undefined
      throw named(cause)
    }
  }

  /**
   * Begins a transaction, on a new connection when the old one turns out to be dead. All that write share a store, so that
   * they follow one another: Chromium empties a database in which two were under way as it was killed (decision 37).
   */
  async begin<M extends 'readonly' | 'readwrite'>(touched: StoreName[], mode: M): Promise<Transaction<M>> {
    const isWrite = mode === 'readwrite'
    const options = isWrite ? ({ durability: 'strict' } as const) : {}
    const stores = isWrite ? [...new Set<StoreName>([...touched, 'meta'])] : touched
    try {
      return (await this.database()).transaction(stores, mode, options)
    } catch (cause) {
      if (errorName(cause) !== 'InvalidStateError') throw named(cause)
    }
    this.#forget()
    try {
      return (await this.database()).transaction(stores, mode, options)
    } catch (cause) {
      throw named(cause)
    }
  }

  /** Lets go of the database; every later use is a `StorageError`. */
  close(): void {
    this.#over ??= 'the database is closed'
    this.#forget()
  }

  async #open(): Promise<Database> {
    const database = await this.#openWatched()
    const birth = await database.get('meta', 'birth')
    if (birth instanceof Uint8Array) this.#birth ??= birth
    const isSame = birth instanceof Uint8Array && this.#birth !== undefined && equalBytes(birth, this.#birth)
    if (this.#over === undefined && !isSame) {
      this.#lose('the stored data was removed while this page was open')
    }
    if (this.#over !== undefined) {
      database.close()
      throw new StorageError(this.#over)
    }
    this.#current = database
    return database
  }

  async #openWatched(): Promise<Database> {
    let refuse: (cause: Error) => void = () => undefined
    const blocked = new Promise<never>((_, reject) => (refuse = reject))
    let cancel = (): void => undefined
    const opening = this.#openSchema(this.#name, systemRandom(16), {
      blocked: () => {
        const why = new StorageBlockedError('another tab holds the data of an older version: close it')
        cancel = this.#clock.after(blockedWaitMs, () => refuse(why))
      },
      outdated: () =>
        this.#lose('a newer version in another tab changed the stored data: load this page again'),
      dropped: () => this.#forget(),
    })
    try {
      const first = Promise.race([opening, blocked])
      return await within(first, 'opening the database', { clock: this.#clock, timeoutMs: openWaitMs })
    } catch (cause) {
      // An opening that succeeds after all must not hold up others.
      opening.then((late) => late.close()).catch(() => undefined)
      throw this.#birth === undefined ? refusedOpening(cause) : cause
    } finally {
      cancel()
    }
  }

  #lose(why: string): void {
    if (this.#over !== undefined) return
    this.#over = why
    this.#forget()
    this.#onLost()
  }

  #forget(): void {
    this.#current?.close()
    this.#current = undefined
    this.#opening = undefined
  }
}

/**
 * Runs `work` in one strictly durable transaction and waits until the disk has it. When `work` or the disk refuses, nothing
 * of it is kept. `work` may await nothing but requests of the transaction. Throws `QuotaExceededError` or `StorageError`; a
 * `TesseraError` of `work` itself passes through.
 */
export async function write<T>(
  connection: Connection,
  stores: StoreName[],
  work: (transaction: WriteTransaction) => Promise<T>,
  neededBytes?: number,
): Promise<T> {
  const transaction = await connection.begin(stores, 'readwrite')
  const done = transaction.done.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  try {
    const result = await work(transaction)
    await transaction.done
    return result
  } catch (cause) {
    try {
      transaction.abort()
    } catch {
      // already over
    }
    throw named(aftermath.has(errorName(cause)) ? reasonOf(await done, cause) : cause, neededBytes)
  }
}

/** What requests of a transaction say that is over: that it was aborted, or that it takes no more of them. Why, only the transaction says. */
const aftermath = new Set(['AbortError', 'InvalidStateError', 'TransactionInactiveError'])

function reasonOf(done: unknown, cause: unknown): unknown {
  return done === undefined || errorName(done) === 'AbortError' ? cause : done
}

/** Makes all requests and waits for all; one that cannot even be made fails the call, and none is left that nobody waits for. */
export async function allOf(requests: readonly (() => Promise<unknown>)[]): Promise<void> {
  await Promise.all(requests.map(async (request) => await request()))
}

/** Runs `work` in one read transaction; its failure is named. `work` may await nothing but requests of the transaction. */
export async function read<T>(
  connection: Connection,
  stores: StoreName[],
  work: (transaction: Transaction<'readonly'>) => Promise<T>,
): Promise<T> {
  const transaction = await connection.begin(stores, 'readonly')
  transaction.done.catch(() => undefined) // `work` fails of the same cause
  try {
    return await work(transaction)
  } catch (cause) {
    throw named(cause)
  }
}

/**
 * What browsers say where a site may keep nothing: Firefox in private windows (InvalidStateError), Chromium with site data
 * blocked (UnknownError, SecurityError), engines without IndexedDB (ReferenceError, TypeError).
 */
const denials = new Set([
  'InvalidStateError',
  'NotAllowedError',
  'OperationError',
  'ReferenceError',
  'SecurityError',
  'TypeError',
  'UnknownError',
])

/** Why the database cannot be had at all; other failures pass through. */
function refusedOpening(cause: unknown): unknown {
  const name = errorName(cause)
  if (name === 'VersionError')
    return new StorageOutdatedError('a newer version has changed the stored data', { cause })
  if (denials.has(name) && !isBroken(cause))
    return new StorageDeniedError(`the browser gives no database: ${name}`, { cause })
  return cause
}

/**
 * Whether a database is there and cannot be read ("Internal error opening backing store"): Chromium names that as it does what it
 * denies. What is kept is not given up for it.
 */
function isBroken(cause: unknown): boolean {
  return (
    cause instanceof DOMException && cause.name === 'UnknownError' && /internal error/i.test(cause.message)
  )
}

function named(cause: unknown, neededBytes?: number): Error {
  if (cause instanceof TimeoutError) return new StorageError('the database does not open', { cause })
  if (cause instanceof TesseraError) return cause
  if (errorName(cause) === 'QuotaExceededError') {
    const needed = neededBytes === undefined ? {} : { neededBytes }
    return new QuotaExceededError('the browser allows no more bytes', { cause, ...needed })
  }
  return new StorageError(`the database failed: ${errorName(cause)}`, { cause })
}
