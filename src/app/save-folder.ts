import type { FileSink } from '../core/files/index.ts'
import { safeFileName } from '../core/files/index.ts'

/** A new folder on this device's disk. */
export interface FolderTarget {
  /** The name it has there. */
  readonly name: string
  /** A sink for one file at its safe place in it; folders on the way are made. */
  sink(path: readonly string[]): Promise<FileSink>
}

/** Names tried beside one that is there already. */
const maxTries = 100

/** Makes a folder of its own in a picked one: nothing that is there is written over. */
export async function folderTarget(picked: FileSystemDirectoryHandle, name: string): Promise<FolderTarget> {
  const folder = await newFolder(picked, safeFileName(name))
  return {
    name: folder.name,
    async sink(path) {
      let at = folder
      for (const part of path.slice(0, -1)) at = await at.getDirectoryHandle(part, { create: true })
      const handle = await at.getFileHandle(path.at(-1) ?? 'file', { create: true })
      const sink = pickedSink(await handle.createWritable())
      // An empty file is there from the start: what does not become whole is taken away.
      return {
        ...sink,
        abort: async (reason) => {
          await sink.abort(reason)
          await at.removeEntry(handle.name)
        },
      }
    },
  }
}

async function newFolder(
  picked: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle> {
  const taken = new Set<string>()
  for await (const other of picked.keys()) taken.add(other.toLowerCase())
  for (let number = 1; number <= maxTries; number++) {
    const free = number === 1 ? name : safeFileName(`${name.slice(0, 60)} (${number})`)
    if (!taken.has(free.toLowerCase())) return await picked.getDirectoryHandle(free, { create: true })
  }
  throw new DOMException('too many folders of this name', 'InvalidModificationError')
}

/** A sink that writes to a picked file. */
export function pickedSink(stream: FileSystemWritableFileStream): FileSink {
  return {
    write: (bytes) => stream.write(bytes),
    close: () => stream.close(),
    // Nothing is written to the chosen file until close: abort leaves it as it was.
    abort: (reason) => stream.abort(reason),
  }
}
