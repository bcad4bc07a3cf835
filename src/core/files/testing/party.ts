import type { Bytes } from '../../base/bytes.ts'
import type { RandomBytes } from '../../base/clock.ts'
import type { AccountId, FileId } from '../../base/ids.ts'
import { silent } from '../../base/logger.ts'
import { ManualClock, settle } from '../../base/testing/manual-clock.ts'
import { createInlineEngine, type CesEngine } from '../../ces/index.ts'
import { createVerifier, type Identity } from '../../identity/index.ts'
import { testIdentity } from '../../identity/testing/test-identity.ts'
import { LoopbackRooms, type LoopbackRoom } from '../../room/testing/loopback-room.ts'
import type { ShardStore } from '../../storage/index.ts'
import { createMemoryStorage } from '../../storage/memory.ts'
import {
  createFiles,
  type Files,
  type FilesInit,
  type FileSink,
  type FileSource,
  type FileView,
  type SpaceEstimate,
} from '../index.ts'
import { ChatHub, type HubChat } from './chat-hub.ts'

export interface GuestOptions extends FilesInit {
  /** Two guests of one number are two tabs of one person. */
  readonly person?: number
  readonly shards?: ShardStore
  readonly space?: SpaceEstimate
  readonly engine?: CesEngine
  /** A build from before agreement keys: nothing can be sealed to it. */
  readonly isOlder?: boolean
}

/** One peer of a {@link Party} with its files, started. */
export interface Guest {
  readonly name: string
  readonly account: AccountId
  readonly identity: Identity
  readonly room: LoopbackRoom
  readonly chat: HubChat
  readonly shards: ShardStore
  readonly files: Files
  /** Its view of one file. */
  view(file: FileId): FileView | undefined
  /** Closes the tab. */
  leave(): Promise<void>
}

/** A room of real files over loopback streams, memory stores, the inline engine and one manual clock. */
export class Party {
  readonly rooms = new LoopbackRooms()
  readonly hub = new ChatHub()
  readonly clock = new ManualClock()
  readonly guests: Guest[] = []
  #people = 0

  async guest(name: string, options: GuestOptions = {}): Promise<Guest> {
    const person = options.person ?? 40 + this.#people++
    const identity = await testIdentity(person)
    const shards = options.shards ?? createMemoryStorage().shards
    const room = await this.rooms.join(name, identity.account)
    const chat = this.hub.join(identity.account)
    const { space, budgetBytes } = options
    const files = createFiles(
      {
        ...{ room, shards, chat, identity, clock: this.clock, logger: silent },
        engine: options.engine ?? createInlineEngine(),
        verify: createVerifier(),
        random: seededRandom(person * 1_000 + this.guests.length + 1),
        ...(space === undefined ? {} : { space }),
      },
      budgetBytes === undefined ? {} : { budgetBytes },
    )
    await files.start()
    for (const other of this.guests) {
      const known = other.room.agreements
      for (const [account, key] of known) room.agreements.set(account, key)
      if (options.isOlder !== true) known.set(identity.account, identity.agreement.publicKey)
    }
    if (options.isOlder !== true) room.agreements.set(identity.account, identity.agreement.publicKey)
    const guest: Guest = {
      ...{ name, account: identity.account, identity, room, chat, shards, files },
      view: (file) => files.list().find(({ id }) => id === file),
      leave: async () => {
        await this.rooms.leave(room)
        await files.stop()
        this.guests.splice(this.guests.indexOf(guest), 1)
      },
    }
    this.guests.push(guest)
    return guest
  }

  /** As many guests as people, named a, b, c… */
  async people(count: number): Promise<Guest[]> {
    const guests: Guest[] = []
    for (let i = 0; i < count; i++) guests.push(await this.guest(String.fromCharCode(97 + i)))
    return guests
  }

  async stop(): Promise<void> {
    for (const guest of [...this.guests]) await guest.leave()
  }
}

/** Lets work go on, no time passing, until `holds`; throws after so many turns that it never will. */
export async function until(holds: () => boolean, what = 'the condition'): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return
    await settle(1)
  }
  throw new Error(`${what} never came true`)
}

/** Bytes that repeat for a seed: xorshift32, incompressible enough. */
export function randomBytes(length: number, seed = 1): Bytes {
  const bytes = new Uint8Array(length)
  let state = seed * 2_654_435_761 || 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** Text that compresses as prose does. */
export function textBytes(length: number): Bytes {
  const words = ['tessera ', 'mosaic ', 'friend ', 'house ', 'token ', 'half ', 'again\n']
  let state = 7
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += words[state % words.length] ?? ''
  }
  return new TextEncoder().encode(text.slice(0, length))
}

function seededRandom(seed: number): RandomBytes {
  let calls = 0
  return (length) => randomBytes(length, seed * 7_919 + calls++)
}

/** A source over bytes in memory. */
export function memorySource(
  bytes: Bytes,
  name = 'a file.bin',
  mediaType = 'application/octet-stream',
): FileSource {
  return {
    ...{ name, mediaType, sizeBytes: bytes.byteLength },
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
  }
}

/** A sink that keeps what it is given. */
export class MemorySink implements FileSink {
  #parts: Bytes[] = []
  state: 'open' | 'closed' | 'aborted' = 'open'

  write(bytes: Bytes): Promise<void> {
    this.#parts.push(new Uint8Array(bytes))
    return Promise.resolve()
  }
  close(): Promise<void> {
    this.state = 'closed'
    return Promise.resolve()
  }
  abort(): Promise<void> {
    this.state = 'aborted'
    this.#parts = []
    return Promise.resolve()
  }
  bytes(): Bytes {
    const out = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.byteLength, 0))
    let at = 0
    for (const part of this.#parts) {
      out.set(part, at)
      at += part.byteLength
    }
    return out
  }
}

/** Fetches a whole file into memory. */
export async function fetchBytes(guest: Guest, file: FileId): Promise<Bytes> {
  const sink = new MemorySink()
  await guest.files.fetch(file, sink)
  if (sink.state !== 'closed') throw new Error('the sink was not closed')
  return sink.bytes()
}
