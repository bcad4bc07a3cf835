import { expose, transfer } from 'comlink'
import type { Bytes } from '../../src/core/base/bytes.ts'
import { errorName } from '../../src/core/base/errors.ts'
import type { FileId } from '../../src/core/base/ids.ts'
import {
  pieceLogHead,
  positionOf,
  readPieceLog,
  type PieceLogEntry,
} from '../../src/core/storage/piece-log.ts'
import type { StoredPiece } from '../../src/core/storage/index.ts'
import type { PiecesWorkerApi } from './api.ts'

/** One log: what an earlier page wrote, or what this worker writes. */
interface Log {
  readonly handle: FileSystemSyncAccessHandle
  readonly entries: Map<string, PieceLogEntry>
}

interface OpenFile {
  readonly folder: FileSystemDirectoryHandle
  /** Oldest first; the one that is written last. */
  readonly logs: Log[]
  writer: Log | undefined
}

/** As newer engines have it: several handles of one file, none of which locks out the others (File System Standard, `mode`). */
interface ModalFile {
  createSyncAccessHandle(options: { readonly mode: 'readwrite-unsafe' }): Promise<FileSystemSyncAccessHandle>
}

const files = new Map<FileId, Promise<OpenFile>>()

/** The profile's folder: the worker has its name. */
async function root(): Promise<FileSystemDirectoryHandle> {
  const top = await navigator.storage.getDirectory()
  return await top.getDirectoryHandle(self.name, { create: true })
}

function opened(id: FileId, options: FileSystemGetDirectoryOptions = {}): Promise<OpenFile> {
  const known = files.get(id)
  if (known !== undefined) return known
  const opening = open(id, options)
  files.set(id, opening)
  opening.catch(() => files.delete(id))
  return opening
}

/** Rejects with `NotFoundError` when there are no logs of it and none are to be made. */
async function open(id: FileId, options: FileSystemGetDirectoryOptions): Promise<OpenFile> {
  const folder = await (await root()).getDirectoryHandle(id, options)
  const logs: Log[] = []
  for await (const entry of folder.values()) {
    const log = entry.kind === 'file' ? await logOf(entry) : undefined
    if (log !== undefined) logs.push(log)
  }
  return { folder, logs, writer: undefined }
}

/** Undefined while another page has it to itself: what it holds is fetched again. */
async function logOf(file: FileSystemFileHandle): Promise<Log | undefined> {
  try {
    const modal = file as unknown as ModalFile
    const handle = await modal.createSyncAccessHandle({ mode: 'readwrite-unsafe' })
    const entries = readPieceLog(handle.getSize(), (at, length) => readAt(handle, at, length))
    return { handle, entries: new Map(entries.map((entry) => [positionOf(entry), entry])) }
  } catch (error) {
    if (errorName(error) === 'NoModificationAllowedError') return undefined
    throw error
  }
}

function readAt(handle: FileSystemSyncAccessHandle, at: number, length: number): Bytes {
  const bytes = new Uint8Array(length)
  const read = handle.read(bytes, { at })
  return read === length ? bytes : bytes.subarray(0, read)
}

/** A log of its own for each worker: what a dead one left unfinished is never written behind. */
async function writerOf(file: OpenFile): Promise<Log> {
  if (file.writer !== undefined) return file.writer
  const made = await file.folder.getFileHandle(crypto.randomUUID(), { create: true })
  const writer = await logOf(made)
  if (writer === undefined) throw new Error('a log that is new is in use')
  file.logs.push(writer)
  file.writer = writer
  return writer
}

function append({ handle, entries }: Log, pieces: readonly StoredPiece[]): void {
  const start = handle.getSize()
  const added: PieceLogEntry[] = []
  let end = start
  const write = (bytes: Bytes): void => {
    const written = handle.write(bytes, { at: end })
    if (written < bytes.byteLength) throw new DOMException('the disk is full', 'QuotaExceededError')
    end += written
  }
  try {
    for (const piece of pieces) {
      const { segment, shard, bytes, path } = piece
      const head = pieceLogHead(piece)
      write(head)
      const at = end - path.byteLength
      added.push({ segment, shard, at, pathLength: path.byteLength, length: bytes.byteLength })
      write(bytes)
    }
  } catch (error) {
    handle.truncate(start)
    throw error
  }
  for (const entry of added) entries.set(positionOf(entry), entry)
}

function pieceIn({ handle }: Log, entry: PieceLogEntry): StoredPiece | undefined {
  const { segment, shard, at, pathLength, length } = entry
  const [path, bytes] = [readAt(handle, at, pathLength), readAt(handle, at + pathLength, length)]
  return bytes.byteLength < length ? undefined : { segment, shard, path, bytes }
}

let last: Promise<unknown> = Promise.resolve()

/** One after the other: a folder is not removed while its logs are being opened. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work)
  last = result.catch(() => undefined)
  return result
}

const api: PiecesWorkerApi = {
  prepare: (id) =>
    inTurn(async () => {
      await writerOf(await opened(id, { create: true }))
    }),
  put: (id, pieces) =>
    inTurn(async () => {
      append(await writerOf(await opened(id, { create: true })), pieces)
      const bytes = pieces.map((piece) => piece.bytes)
      return transfer(
        bytes,
        bytes.map(({ buffer }) => buffer),
      )
    }),
  get: (id, positions) =>
    inTurn(async () => {
      const { logs } = await opened(id)
      const pieces = positions.map((position) => {
        const name = positionOf(position)
        const log = logs.findLast(({ entries }) => entries.has(name))
        const entry = log?.entries.get(name)
        return log === undefined || entry === undefined ? undefined : pieceIn(log, entry)
      })
      return transfer(
        pieces,
        pieces.flatMap((piece) => (piece === undefined ? [] : [piece.bytes.buffer])),
      )
    }),
  held: (id) =>
    inTurn(async () => {
      const { logs } = await opened(id)
      const all = new Map(logs.flatMap(({ entries }) => [...entries]))
      return [...all.values()].map(({ segment, shard }) => ({ segment, shard }))
    }),
  sizeBytes: (id) =>
    inTurn(async () => {
      const { logs } = await opened(id)
      return logs.reduce((sum, { handle }) => sum + handle.getSize(), 0)
    }),
  remove: (id) =>
    inTurn(async () => {
      const { logs } = await opened(id)
      files.delete(id)
      for (const { handle } of logs) {
        handle.truncate(0)
        handle.close()
      }
      try {
        await (await root()).removeEntry(id, { recursive: true })
      } catch (error) {
        // Another page has it open: it finds nothing more there, and the folder goes at the next opening.
        if (errorName(error) !== 'NoModificationAllowedError') throw error
      }
    }),
  ids: () =>
    inTurn(async () => {
      const ids: FileId[] = []
      for await (const name of (await root()).keys()) ids.push(name as FileId)
      return ids
    }),
}

expose(api)
