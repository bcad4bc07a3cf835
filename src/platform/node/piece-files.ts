import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { toBase64Url, type Bytes } from '../../core/base/bytes.ts'
import { systemRandom } from '../../core/base/clock.ts'
import type { StoredPiece } from '../../core/storage/index.ts'
import { absentAs, guarded, namesIn, type DurableFolder } from './durable-folder.ts'
import { encodePack, readPackIndex, type PackedPiece } from './pack.ts'

/** A piece and the pack file that holds it. */
interface Place extends PackedPiece {
  readonly pack: string
}

/** `<number>-<bytes of pieces and paths>-<random>.pack`; the highest number holds the latest write of a position. */
const packName = /^(\d{12})-(\d+)-[\w-]+\.pack$/

/**
 * The packs of one file's pieces, in a folder of their own. Packs never change: writing a position again moves what else its
 * pack held into the new pack and removes the old one, so that the names alone say how much is kept.
 */
export class PieceFiles {
  readonly #folder: DurableFolder
  readonly #path: string
  /** Index of each pack; names are never used twice, so what was read stays true. */
  readonly #packs = new Map<string, readonly PackedPiece[]>()
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: DurableFolder, path: string) {
    this.#folder = folder
    this.#path = path
  }

  /** Adds a pack. Writes of one process to one file go one after another. */
  async put(pieces: readonly StoredPiece[]): Promise<void> {
    const turn = this.#writing.then(() => this.#put(pieces))
    this.#writing = turn.catch(() => undefined)
    await turn
  }

  async piece(segment: number, shard: number): Promise<StoredPiece | undefined> {
    // A second look when the pack was replaced between finding and opening it.
    for (let look = 0; look < 2; look++) {
      const place = (await this.places()).get(positionOf({ segment, shard }))
      if (place === undefined) return undefined
      const piece = await this.#read(place)
      if (piece !== undefined) return piece
    }
    return undefined
  }

  /** Every position held, with its latest place. */
  async places(): Promise<ReadonlyMap<string, Place>> {
    const places = new Map<string, Place>()
    for (const pack of await this.#refresh()) {
      for (const piece of this.#packs.get(pack) ?? []) places.set(positionOf(piece), { ...piece, pack })
    }
    return places
  }

  async #put(pieces: readonly StoredPiece[]): Promise<void> {
    const fresh = new Map(pieces.map((piece) => [positionOf(piece), piece]))
    const places = await this.places()
    const stale = new Set<string>()
    for (const position of fresh.keys()) {
      const pack = places.get(position)?.pack
      if (pack !== undefined) stale.add(pack)
    }
    for (const [position, place] of places) {
      const moved = stale.has(place.pack) && !fresh.has(position) ? await this.#read(place) : undefined
      if (moved !== undefined) fresh.set(position, moved)
    }
    const all = [...fresh.values()]
    const size = all.reduce((sum, { bytes, path }) => sum + bytes.byteLength + path.byteLength, 0)
    const last = packName.exec([...this.#packs.keys()].sort().at(-1) ?? '')
    const number = String(Number(last?.[1] ?? -1) + 1).padStart(12, '0')
    const name = `${number}-${String(size)}-${toBase64Url(systemRandom(9))}.pack`
    await this.#folder.replace(join(this.#path, name), encodePack(all))
    for (const pack of stale) await this.#folder.remove(join(this.#path, pack))
  }

  /** Reads the indexes of packs not seen before, forgets those gone, and gives the names in order of writing. */
  async #refresh(): Promise<readonly string[]> {
    const names = (await namesIn(this.#path)).filter((name) => packName.test(name))
    const there = new Set(names)
    for (const name of this.#packs.keys()) if (!there.has(name)) this.#packs.delete(name)
    for (const name of names) {
      if (this.#packs.has(name)) continue
      const index = await this.#open(name, async (file) =>
        readPackIndex((await file.stat()).size, (offset, length) => readAt(file, offset, length)),
      )
      if (index !== undefined) this.#packs.set(name, index)
    }
    return names
  }

  async #read({ pack, segment, shard, offset, length, pathLength }: Place): Promise<StoredPiece | undefined> {
    const bytes = await this.#open(pack, (file) => readAt(file, offset, length + pathLength))
    if (bytes?.byteLength !== length + pathLength) return undefined
    return { segment, shard, bytes: bytes.slice(0, length), path: bytes.slice(length) }
  }

  /** Runs `work` on a pack, or gives undefined when it is gone. */
  async #open<T>(name: string, work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    return await guarded(async () => {
      const file = await absentAs(undefined, open(join(this.#path, name), 'r'))
      try {
        return file === undefined ? undefined : await work(file)
      } finally {
        await file?.close()
      }
    })
  }
}

/** Bytes of pieces and paths in a folder of packs, by their names alone. */
export async function keptBytes(path: string): Promise<number> {
  const names = await namesIn(path)
  return names.reduce((sum, name) => sum + Number(packName.exec(name)?.[2] ?? 0), 0)
}

function positionOf({ segment, shard }: { readonly segment: number; readonly shard: number }): string {
  return `${String(segment)}/${String(shard)}`
}

/** `length` bytes from `offset`; fewer at the end of the file. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length)
  let got = 0
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, offset + got)
    if (bytesRead === 0) break
    got += bytesRead
  }
  return got === length ? bytes : bytes.slice(0, got)
}
