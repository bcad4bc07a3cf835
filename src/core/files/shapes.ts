import { errorName, isAbort } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import type { CodeShape, ManifestRecord } from '../ces/index.ts'
import { findManifest, type FindManifestComponents } from './find-manifest.ts'
import { Gate } from './gate.ts'

/** The codes of files of which we keep nothing, learned from their manifests: without them no durability can be told. */
export class Shapes {
  readonly #components: FindManifestComponents
  readonly #onLearned: (file: FileId) => void
  readonly #known = new Map<FileId, CodeShape>()
  readonly #asking = new Set<FileId>()
  readonly #gate = new Gate(2)
  readonly #stop = new AbortController()

  constructor(components: FindManifestComponents, onLearned: (file: FileId) => void) {
    this.#components = components
    this.#onLearned = onLearned
  }

  stop(): void {
    this.#stop.abort()
  }

  of(file: FileId): CodeShape | undefined {
    return this.#components.library.get(file)?.shape ?? this.#known.get(file)
  }

  learned({ id, manifest }: ManifestRecord): void {
    if (this.#known.has(id)) return
    this.#known.set(id, manifest.code)
    this.#onLearned(id)
  }

  /** Asks who is here for the manifest, unless it is known or being asked for. A failure is tried again at the next call. */
  learn(file: FileId): void {
    if (this.of(file) !== undefined || this.#asking.has(file) || this.#stop.signal.aborted) return
    if (this.#components.askable(file).size === 0) return
    this.#asking.add(file)
    const { signal } = this.#stop
    this.#gate
      .run(() => findManifest(this.#components, file, signal), signal)
      .then((record) => {
        if (record !== undefined) this.learned(record)
      })
      .catch((error: unknown) => {
        if (isAbort(error)) return
        this.#components.logger('debug', 'manifest not learned', { file, error: errorName(error) })
      })
      .finally(() => this.#asking.delete(file))
  }
}
