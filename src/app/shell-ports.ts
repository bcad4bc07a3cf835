import type { Events } from '../core/base/events.ts'
import type { Peer } from '../core/peer.ts'
import type { RoomLink } from '../core/room/link.ts'
import type { CallStreams } from './call-streams.ts'
import type { FileServer } from './file-server.ts'

/** A new version that waits to be taken. Supplied by the service-worker registration. */
export interface AppUpdates {
  readonly events: Events<{ 'update:changed': { available: boolean } }>
  available(): boolean
  /** Takes the new version: this tab reloads once. Only ever called on a person's word. */
  apply(): Promise<void>
}

/** The browser's offer to install the app. */
export interface AppInstall {
  readonly events: Events<{ 'install:changed': { available: boolean } }>
  available(): boolean
  /** Opens the browser's own dialog. */
  ask(): Promise<void>
}

/** Small texts that survive a reload; a `Storage` behind a guard. */
export interface Keep {
  get(key: string): string | undefined
  /** Best effort: private windows may refuse. */
  set(key: string, value: string): void
  delete(key: string): void
}

/** What the browser tells of its space. The page's `navigator.storage` fits. */
export interface StorageReport {
  estimate(): Promise<{ usage?: number; quota?: number }>
  persisted(): Promise<boolean>
  persist(): Promise<boolean>
}

/** What another app shared with ours. */
export interface SharedThings {
  readonly text: string
  readonly files: readonly File[]
  /** Files that were too many or too large to be taken. */
  readonly leftOut: number
}

/** Where it lies until a person has chosen a room for it. */
export interface SharedInbox {
  read(): Promise<SharedThings | undefined>
  drop(): Promise<void>
}

/** Reads and writes room links; lives in the core, loaded after the first paint. */
export interface RoomLinks {
  /** Throws a `Link…Error` for anything that is not a whole room link. */
  parse(text: string): RoomLink
  /** The link to give away, with the secret in its fragment. */
  format(link: RoomLink): string
}

/** The heavy half of the app, loaded after the shell has been drawn. */
export interface Engine {
  /** Not yet started. */
  readonly peer: Peer
  readonly streams: CallStreams
  readonly links: RoomLinks
  readonly server: FileServer
}
