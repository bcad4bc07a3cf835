import { statfs } from 'node:fs/promises'
import type { Stores } from '../../core/storage/index.ts'
import { DurableFolder, guarded } from './durable-folder.ts'
import { FileLogStore } from './log-store.ts'
import { FileSettingsStore } from './settings-store.ts'
import { FileShardStore } from './shard-store.ts'

/**
 * The stores of a Node peer in a data folder, made when it is not there. Several processes may share it. The disk must know
 * hard links (all but FAT do). Throws `StorageError` when the folder cannot be made or written.
 */
export async function openNodeStorage(path: string): Promise<Stores> {
  const folder = new DurableFolder(path)
  await folder.open()
  const shards = new FileShardStore(folder)
  return {
    settings: new FileSettingsStore(folder),
    logs: new FileLogStore(folder),
    shards,
    close: () => undefined, // nothing is held open between calls
    estimate: async () => {
      const { bavail, bsize } = await guarded(() => statfs(path))
      const usageBytes = (await shards.usage()).totalBytes
      return { usageBytes, quotaBytes: usageBytes + bavail * bsize }
    },
    requestPersist: () => Promise.resolve(true), // a disk clears nothing by itself
  }
}
