import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { pieceBytes, verifyPiece, type Manifest } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import { AuditSchedule, type AuditSample } from './audit-schedule.ts'
import { auditTickMs } from './constants.ts'
import { RefusedError } from './errors.ts'
import type { Holdings } from './holdings.ts'
import { isHostile } from './hostile.ts'
import type { AuditOutcome } from './index.ts'
import type { Library } from './library.ts'
import { openManifest } from './manifests.ts'
import { PieceStream } from './piece-stream.ts'
import type { Presence } from './presence.ts'

export interface AuditComponents {
  readonly room: Room
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly presence: Presence
  readonly library: Library
  readonly holdings: Holdings
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  readonly onOutcome: (account: AccountId, file: FileId, outcome: AuditOutcome, error?: string) => void
}

/**
 * Asks holders now and then for pieces of what they signed for, of files that we keep too (FI-65). What comes of it differs:
 * wrong bytes are held against them, missing ones take back their receipt, silence and absence say nothing.
 */
export class Auditor {
  readonly #components: AuditComponents
  readonly #schedule: AuditSchedule
  readonly #stop = new AbortController()
  #cancelTick = (): void => {}

  constructor(components: AuditComponents) {
    this.#components = components
    this.#schedule = new AuditSchedule(components.random)
  }

  start(): void {
    this.#tick()
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelTick()
  }

  #tick(): void {
    const { clock, presence, logger } = this.#components
    const now = clock.now()
    for (const account of presence.isFirstTab() ? this.#schedule.due(now, this.#holders()) : []) {
      this.#audit(account).catch((error: unknown) => {
        if (!isAbort(error)) logger('warn', 'an audit failed', { error: errorName(error) })
      })
    }
    const waitMs = Math.min(auditTickMs, this.#schedule.waitMs(now) ?? auditTickMs)
    this.#cancelTick = clock.after(Math.max(1, waitMs), () => this.#tick())
  }

  /** Whom we can ask, and has signed for something that we keep too. */
  #holders(): readonly AccountId[] {
    const { room, presence, library, holdings } = this.#components
    const direct = [...presence.direct().keys()].filter((account) => account !== room.self.account)
    return direct.filter((account) => {
      return holdings.filesOf(account).some((file) => {
        return library.get(file) !== undefined && this.#signed(file, account).length > 0
      })
    })
  }

  #signed(file: FileId, account: AccountId): readonly number[] {
    const { holdings, library, isBlamed } = this.#components
    const n = library.get(file)?.shape.n ?? 0
    if (isBlamed(file, account)) return []
    return (holdings.get(account, file)?.shards ?? []).filter((shard) => shard < n)
  }

  async #audit(account: AccountId): Promise<void> {
    const { holdings, library, presence, onOutcome } = this.#components
    const peer = presence.direct().get(account)
    const files = holdings.filesOf(account).flatMap((file) => {
      const kept = library.get(file)
      if (kept === undefined) return []
      const { segments, longestPieceBytes } = kept
      return [{ file, shards: this.#signed(file, account), segments, pieceBytes: longestPieceBytes }]
    })
    const sample = this.#schedule.sample(files)
    if (peer === undefined || sample === undefined) return
    const bytes = await library.manifest(sample.file)
    if (bytes === undefined) return // freed meanwhile
    const { manifest } = openManifest(sample.file, bytes)
    const { outcome, error } = await this.#challenge(peer, manifest, sample)
    if (this.#stop.signal.aborted) return
    onOutcome(account, sample.file, outcome, error)
  }

  async #challenge(
    peer: PeerId,
    manifest: Manifest,
    { file, positions }: AuditSample,
  ): Promise<{ readonly outcome: AuditOutcome; readonly error?: string }> {
    const { signal } = this.#stop
    let stream: PieceStream | undefined
    try {
      stream = await PieceStream.open(this.#components, peer, file, { signal })
      for (const { segment, shard } of positions) {
        const { sealedBytes } = manifest.segments[segment] ?? { sealedBytes: 0 }
        const sizeBytes = pieceBytes(sealedBytes, manifest.code.k)
        const { bytes, path } = await stream.request(segment, shard, sizeBytes)
        await verifyPiece(manifest, segment, shard, bytes, path)
      }
      return { outcome: 'good' }
    } catch (error) {
      return { outcome: outcomeOf(error), error: errorName(error) }
    } finally {
      stream?.close()
    }
  }
}

/** What a failed audit says of the holder. */
function outcomeOf(error: unknown): AuditOutcome {
  if (isHostile(error)) return 'wrong'
  const name = errorName(error)
  if (name === 'PieceMissingError') return 'missing'
  if (error instanceof RefusedError) return error.reason === 'unknown' ? 'missing' : 'silent'
  return name === 'HolderStalledError' || name === 'TimeoutError' ? 'silent' : 'absent'
}
