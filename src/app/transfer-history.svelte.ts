import * as v from 'valibot'
import type { RoomId } from '../core/base/ids.ts'
import { historyKey } from './keep.ts'
import type { Keep } from './shell-ports.ts'

/** A transfer that is over, as a person looks back at it. */
export interface PastTransfer {
  /** ms since the epoch. */
  readonly at: number
  readonly direction: 'share' | 'save'
  readonly name: string
  readonly sizeBytes: number
  readonly end: 'done' | 'failed' | 'cancelled'
  /** Stable name of the error of a failed one. */
  readonly error?: string | undefined
  /** Where it was saved, as its card said. */
  readonly place?: 'picked' | 'downloads' | undefined
}

/** More would not fit what is kept for a room, and nobody reads further back. */
const maxKept = 100
/** A name is cut here: with the rest of a row 100 of them stay under the kept 70,000 characters. */
const maxNameLength = 200

const schema = v.array(
  v.object({
    at: v.number(),
    direction: v.picklist(['share', 'save']),
    name: v.string(),
    sizeBytes: v.number(),
    end: v.picklist(['done', 'failed', 'cancelled']),
    error: v.optional(v.string()),
    place: v.optional(v.picklist(['picked', 'downloads'])),
  }),
)

/** The last transfers of one room, kept on this device until cleared or the room is forgotten. */
export class TransferHistory {
  readonly #keep: Keep
  readonly #key: string
  #list = $state.raw<readonly PastTransfer[]>([])

  constructor(keep: Keep, room: RoomId) {
    this.#keep = keep
    this.#key = historyKey(room)
    this.#list = this.#read()
  }

  /** The newest first. */
  get list(): readonly PastTransfer[] {
    return this.#list
  }

  add(past: PastTransfer): void {
    // Another tab may have written meanwhile.
    const rows = [{ ...past, name: past.name.slice(0, maxNameLength) }, ...this.#read()]
    this.#list = rows.slice(0, maxKept)
    this.#keep.set(this.#key, JSON.stringify(this.#list))
  }
  clear(): void {
    this.#list = []
    this.#keep.delete(this.#key)
  }

  #read(): readonly PastTransfer[] {
    try {
      const read = v.safeParse(schema, JSON.parse(this.#keep.get(this.#key) ?? '[]'))
      return read.success ? read.output.slice(0, maxKept) : []
    } catch {
      // Somebody else's text under our key: history is a comfort, it begins anew.
      return []
    }
  }
}
