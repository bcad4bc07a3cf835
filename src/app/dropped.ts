import { TesseraError } from '../core/base/errors.ts'
import { utf8 } from '../core/base/bytes.ts'
import { maxFolderFiles } from '../core/chat/index.ts'

/** Thrown when a folder has more files than one share takes. */
class FolderTooLargeError extends TesseraError {
  override name = 'FolderTooLargeError'
}

/** Thrown when the browser cannot read a folder that was given. */
class FolderUnreadableError extends TesseraError {
  override name = 'FolderUnreadableError'
}

/** A folder that was picked or dropped. */
export interface PickedFolder {
  readonly name: string
  /** Paths go from the folder down. */
  readonly files: readonly { readonly path: string; readonly file: File }[]
}

/** What a person gave at once. */
export interface Picked {
  readonly files: readonly File[]
  readonly folders: readonly PickedFolder[]
}

/** Parts that one folder may be cut into: with 256 files each, 4,096 files. */
const maxParts = 16
/** Bytes of ids, keys and words around one listed file, about. */
const perFileBytes = 170
/** A part takes so much less than what an entry does, since sizes of words are about. */
const spareBytes = 4_096
/** Deeper folders are not walked: links may go in circles. */
const maxWalkDepth = 32

/** Takes what is dropped. Call it within the event: its items are gone afterwards. */
export function dropped(data: DataTransfer): Promise<Picked> {
  const entries: FileSystemEntry[] = []
  const files: File[] = []
  for (const item of data.items) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    const file = item.getAsFile()
    if (entry?.isDirectory === true) entries.push(entry)
    else if (file !== null) files.push(file)
  }
  return Promise.all(entries.map(readFolder)).then((folders) => ({ files, folders }))
}

/** Takes a folder that was picked in a dialog: its files carry their paths, the folder's own name first. */
export function pickedFolders(files: Iterable<File>): Picked {
  const folders = new Map<string, { path: string; file: File }[]>()
  const single: File[] = []
  for (const file of files) {
    const [name = '', ...rest] = file.webkitRelativePath.split('/')
    if (rest.length === 0) single.push(file)
    else folders.set(name, [...(folders.get(name) ?? []), { path: rest.join('/'), file }])
  }
  return { files: single, folders: [...folders].map(([name, listed]) => ({ name, files: listed })) }
}

/**
 * Cuts a folder into parts that one entry each can list, by path. Throws `FolderTooLargeError` beyond 4,096 files.
 * Folders inside that are empty are not kept: only files are.
 *
 * @param maxBytes of one entry's list
 */
export function folderParts({ name, files }: PickedFolder, maxBytes: number): readonly PickedFolder[] {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts: { path: string; file: File }[][] = []
  let bytes = Infinity
  for (const listed of sorted) {
    const more = perFileBytes + utf8(listed.path).byteLength + listed.file.type.length
    const isFull = bytes + more > maxBytes - spareBytes || (parts.at(-1)?.length ?? 0) >= maxFolderFiles
    if (isFull) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(listed)
    bytes += more
  }
  if (parts.length > maxParts) {
    throw new FolderTooLargeError(`expected at most ${maxParts * maxFolderFiles} files, got ${files.length}`)
  }
  if (parts.length <= 1) return parts.map((part) => ({ name, files: part }))
  return parts.map((part, i) => ({ name: `${name} (${i + 1}/${parts.length})`, files: part }))
}

async function readFolder(entry: FileSystemEntry): Promise<PickedFolder> {
  const files: { path: string; file: File }[] = []
  await walk(entry, '', 0, files)
  return { name: entry.name, files }
}

async function walk(
  entry: FileSystemEntry,
  path: string,
  depth: number,
  found: { path: string; file: File }[],
): Promise<void> {
  if (found.length > maxParts * maxFolderFiles || depth > maxWalkDepth) {
    throw new FolderTooLargeError('expected fewer files, and folders less deep')
  }
  if (isFile(entry)) {
    found.push({ path, file: await settled((resolve, reject) => entry.file(resolve, reject)) })
  } else if (isFolder(entry)) {
    const reader = entry.createReader()
    for (;;) {
      const batch = await settled<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
      if (batch.length === 0) return
      for (const inner of batch) {
        await walk(inner, path === '' ? inner.name : `${path}/${inner.name}`, depth + 1, found)
      }
    }
  }
}

function settled<T>(
  ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    ask(resolve, (cause) =>
      reject(new FolderUnreadableError('the browser could not read a folder', { cause })),
    )
  })
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}
function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
