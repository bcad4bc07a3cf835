import type { RandomBytes } from '../base/clock.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import { auditBytes, auditEveryMs, auditJitter, maxAuditPieces } from './constants.ts'

/** Columns of a file that an account signed for and that can be asked of it. */
export interface Auditable {
  readonly file: FileId
  readonly shards: readonly number[]
  readonly segments: number
  /** Longest of its pieces. */
  readonly pieceBytes: number
}

/** Pieces to ask for. */
export interface AuditSample {
  readonly file: FileId
  readonly positions: readonly { readonly segment: number; readonly shard: number }[]
}

/**
 * When whom is to be asked for proof that it keeps what it signed for, and for which pieces (FI-65). Each holder about every ten
 * minutes, at times that it cannot foresee; a newly met one somewhere within the first ten. Decides only: the clock is its caller's.
 */
export class AuditSchedule {
  readonly #random: RandomBytes
  readonly #dueAt = new Map<AccountId, number>()

  constructor(random: RandomBytes) {
    this.#random = random
  }

  /** Holders whose turn has come, after taking in who there is now. Each is due again one period later. */
  due(now: number, holders: Iterable<AccountId>): readonly AccountId[] {
    const here = new Set(holders)
    for (const account of this.#dueAt.keys()) if (!here.has(account)) this.#dueAt.delete(account)
    const due: AccountId[] = []
    for (const account of here) {
      const at = this.#dueAt.get(account)
      if (at === undefined) {
        this.#dueAt.set(account, now + Math.round(this.#fraction() * auditEveryMs))
      } else if (at <= now) {
        due.push(account)
        const jitter = 1 + auditJitter * (2 * this.#fraction() - 1)
        this.#dueAt.set(account, now + Math.round(auditEveryMs * jitter))
      }
    }
    return due
  }

  /** Time until the next holder is due; undefined when there is none. */
  waitMs(now: number): number | undefined {
    if (this.#dueAt.size === 0) return undefined
    return Math.max(0, Math.min(...this.#dueAt.values()) - now)
  }

  /** One to four pieces of one file by chance; undefined when there is nothing to ask for. */
  sample(files: readonly Auditable[]): AuditSample | undefined {
    const able = files.filter(({ shards, segments }) => shards.length > 0 && segments > 0)
    const chosen = able[this.#below(able.length)]
    if (chosen === undefined) return undefined
    const { file, shards, segments, pieceBytes } = chosen
    const most = Math.min(maxAuditPieces, Math.floor(auditBytes / pieceBytes), shards.length * segments)
    const count = 1 + this.#below(Math.max(1, most))
    const positions = new Map<string, { segment: number; shard: number }>()
    for (let i = 0; i < count; i++) {
      const segment = this.#below(segments)
      const shard = shards[this.#below(shards.length)] ?? 0
      positions.set(`${segment}/${shard}`, { segment, shard })
    }
    return { file, positions: [...positions.values()] }
  }

  /** 0 ≤ fraction < 1. */
  #fraction(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#random(4)
    return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32
  }

  #below(count: number): number {
    return Math.floor(this.#fraction() * count)
  }
}
