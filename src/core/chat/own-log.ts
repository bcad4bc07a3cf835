import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import * as v from 'valibot'
import { concat, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, RoomId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import type { Stores } from '../storage/index.ts'
import { maxEntryBytes, readPageEntries } from './constants.ts'
import { decodeEntry, type LogEntry } from './entry.ts'
import { decodeReceipt } from './receipt.ts'

/** Where and under what key one's own words of a forgotten room are kept; both come from the room's secret. */
export interface OwnLogPlace {
  readonly room: RoomId
  readonly author: AccountId
  /** 32 bytes; seals what is kept. Not kept itself: only the link gives it again. */
  readonly key: Bytes
  /** A name that tells neither room nor account. */
  readonly name: string
}

export interface OwnLogComponents {
  readonly stores: Pick<Stores, 'logs' | 'settings'>
  readonly random: RandomBytes
  readonly logger: Logger
}

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), random nonces in bytes. */
const nonceBytes = 24

/** A page of entries with their lengths. */
const maxPageBytes = readPageEntries * (maxEntryBytes + 16)

const page = v.strictObject({
  v: v.literal(1),
  from: uint(),
  entries: v.pipe(v.array(byteString(1, maxEntryBytes)), v.maxLength(readPageEntries)),
})

/**
 * Before a room is forgotten: keeps our own log of it, sealed, if anybody else is known to hold some of it. Without it we would
 * begin a second history when we come back, which those others refuse (SPEC CH-15). Throws `QuotaExceededError`, `StorageError`.
 */
export async function keepOwnLog(components: OwnLogComponents, place: OwnLogPlace): Promise<void> {
  const { stores, random } = components
  const { room, author } = place
  if (!(await isHeldElsewhere(components, place))) return
  for (let from = 0; ;) {
    const entries = await stores.logs.range(room, author, from, from + readPageEntries)
    if (entries.length === 0) return
    const plain = toCbor({ v: 1, from, entries: entries.map(({ bytes }) => bytes) })
    const nonce = random(nonceBytes)
    const key = `${prefixOf(place)}${String(from).padStart(16, '0')}`
    const sealed = concat(nonce, xchacha20poly1305(place.key, nonce, utf8(key)).encrypt(plain))
    await stores.settings.set(key, sealed)
    from += entries.length
  }
}

/**
 * When a room is entered again: puts back what {@link keepOwnLog} kept, and removes it there. What is damaged ends it; what
 * members hold is left to catch-up. Throws `QuotaExceededError`, `StorageError` with nothing removed.
 */
export async function restoreOwnLog(components: OwnLogComponents, place: OwnLogPlace): Promise<void> {
  const { settings } = components.stores
  const keys = await settings.keys(prefixOf(place))
  for (const key of keys) {
    const entries = open(components, place, key, await settings.get(key))
    if (entries === undefined) break
    await putBack(components, place, entries)
  }
  for (const key of keys) await settings.delete(key)
}

/** Whether a receipt shows that another account holds entries of ours. */
async function isHeldElsewhere(
  { stores, logger }: OwnLogComponents,
  { room, author }: OwnLogPlace,
): Promise<boolean> {
  for (const [reader, bytes] of await stores.logs.receipts(room)) {
    if (reader === author) continue
    try {
      if (decodeReceipt(bytes, room).heads.has(author)) return true
    } catch (error) {
      logger('error', 'chat.stored-receipt-unreadable', { reader, error: errorName(error) })
    }
  }
  return false
}

function open(
  { logger }: OwnLogComponents,
  { key, room }: OwnLogPlace,
  name: string,
  sealed: unknown,
): readonly LogEntry[] | undefined {
  try {
    if (!(sealed instanceof Uint8Array)) throw new TypeError('expected sealed bytes')
    const cipher = xchacha20poly1305(key, sealed.subarray(0, nonceBytes), utf8(name))
    const { entries } = fromCbor(cipher.decrypt(sealed.subarray(nonceBytes)), page, maxPageBytes)
    return entries.map((bytes) => decodeEntry(bytes, room))
  } catch (error) {
    logger('error', 'chat.kept-log-unreadable', { error: errorName(error) })
    return undefined
  }
}

/** Appends what the store lacks. Another tab may do the same at this moment: then it is there. */
async function putBack(
  { stores }: OwnLogComponents,
  { room, author }: OwnLogPlace,
  entries: readonly LogEntry[],
): Promise<void> {
  const head = (await stores.logs.heads(room)).get(author)
  const missing = entries.filter(({ seq }) => seq > (head?.seq ?? -1))
  const rows = missing.map(({ seq, id, bytes }) => ({ author, seq, id, bytes }))
  try {
    await stores.logs.appendAll(room, rows, missing[0]?.prev)
  } catch (error) {
    if (errorName(error) !== 'HeadMovedError') throw error
  }
}

function prefixOf({ name }: OwnLogPlace): string {
  return `forgotten/${name}/`
}
