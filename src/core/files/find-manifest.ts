import type { Clock } from '../base/clock.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { delay, throwIfAborted } from '../base/wait.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import { holderPauseMs, waitForHolderMs } from './constants.ts'
import { FileUnavailableError } from './errors.ts'
import { isHostile } from './hostile.ts'
import { askManifest, openManifest } from './manifests.ts'
import type { Library } from './library.ts'

export interface FindManifestComponents {
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
  readonly library: Library
  /** Whom to ask, likely holders first. */
  readonly askable: (file: FileId) => ReadonlyMap<AccountId, PeerId>
  readonly onBlame: (file: FileId, account: AccountId, error: string) => void
  readonly mayComeBack: (file: FileId) => boolean
  readonly onHolders: (listener: () => void) => () => void
}

/** The manifest from this device or from the first member who gives it; undefined when nobody here has it. */
export async function findManifest(
  components: FindManifestComponents,
  file: FileId,
  signal: AbortSignal,
): Promise<ManifestRecord | undefined> {
  const kept = await components.library.manifest(file)
  if (kept !== undefined) return openManifest(file, kept)
  for (const [account, peer] of components.askable(file)) {
    throwIfAborted(signal)
    try {
      return await askManifest(components, peer, file, signal)
    } catch (error) {
      const name = errorName(error)
      if (isAbort(error) || !canOthersHelp(error)) throw error
      if (isHostile(error)) components.onBlame(file, account, name)
      components.logger('debug', 'manifest not given', { peer, error: name })
    }
  }
  return undefined
}

/**
 * As {@link findManifest}, but waits until a member who has it shows up. Throws `FileUnavailableError` when nobody who could
 * have it is away, or after {@link waitForHolderMs}.
 */
export async function awaitManifest(
  components: FindManifestComponents,
  file: FileId,
  options: { readonly signal: AbortSignal; readonly onWaiting: () => void },
): Promise<ManifestRecord> {
  const { clock, mayComeBack } = components
  const { signal, onWaiting } = options
  const giveUpAt = clock.now() + waitForHolderMs
  for (;;) {
    const changed = nextChange(components, signal)
    try {
      const record = await findManifest(components, file, signal)
      if (record !== undefined) return record
      const waitingHelps = mayComeBack(file)
      if (!waitingHelps || clock.now() >= giveUpAt) {
        const words = waitingHelps ? 'who may have it is away' : 'nobody has it'
        throw new FileUnavailableError(`the manifest is missing: ${words}`, {
          missingShards: 0,
          waitingHelps,
        })
      }
      onWaiting()
      await changed.promise
    } finally {
      changed.stop()
    }
  }
}

/** Resolves at the next change of holders, or after a pause; watches from now on, so that no change is missed meanwhile. */
function nextChange(
  { clock, onHolders }: FindManifestComponents,
  signal: AbortSignal,
): { readonly promise: Promise<void>; stop(): void } {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  let unwatch = (): void => {}
  const changed = new Promise<void>((resolve) => {
    unwatch = onHolders(resolve)
  })
  const paused = delay(holderPauseMs, clock, either)
  paused.catch(() => {}) // raced below, and its abort is ours
  const promise = Promise.race([changed, paused])
  promise.catch(() => {})
  return {
    promise,
    stop: () => {
      unwatch()
      over.abort()
    },
  }
}

/** A manifest that its sharer broke, or that needs a newer build, is the same with everyone. */
function canOthersHelp(error: unknown): boolean {
  const name = errorName(error)
  return name !== 'CorruptFileError' && name !== 'VersionError' && !name.startsWith('Unknown')
}
