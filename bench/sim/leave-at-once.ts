import type { AccountId, FileId } from '../../src/core/base/ids.ts'
import { planOffers } from '../../src/core/files/placement.ts'
import { shapeFor } from '../../src/core/files/shape.ts'
import { dice } from '../../src/core/files/testing/timeline.ts'

/** A room of which a part leaves in one moment, nobody having time to do anything. */
export interface ExodusInit {
  readonly seed: number
  /** People besides the owner, who leaves too. */
  readonly people: number
  readonly leaving: number
  readonly files: number
}

/** Part of the files that can still be rebuilt, by placing each with the product's own plan. */
export function survivingPart({ seed, people, leaving, files }: ExodusInit): number {
  const random = dice(seed)
  const shape = shapeFor(people + 1)
  const accounts = Array.from({ length: people }, (_, i) => `account-${seed}-${i}` as AccountId)
  const offerable = Array.from({ length: shape.n }, (_, i) => i)
  let survived = 0
  for (let i = 0; i < files; i++) {
    const file = `file-${seed}-${i}` as FileId
    const layout = planOffers({ file, shape, offerable, assigned: new Map(), candidates: accounts })
    const left = shuffled(accounts, random).slice(leaving)
    const columns = new Set(left.flatMap((account) => layout.get(account) ?? []))
    if (columns.size >= shape.k) survived++
  }
  return survived / files
}

/** The same by the hypergeometric distribution: of `people`, n hold a column each; at least k of them must be among who stays. */
export function hypergeometricPart({ people, leaving }: ExodusInit): number {
  const { k, n } = shapeFor(people + 1)
  const staying = people - leaving
  let part = 0
  for (let held = k; held <= Math.min(n, staying); held++) {
    part += (choose(n, held) * choose(people - n, staying - held)) / choose(people, staying)
  }
  return part
}

function choose(n: number, r: number): number {
  if (r < 0 || r > n) return 0
  let count = 1
  for (let i = 1; i <= r; i++) count = (count * (n - r + i)) / i
  return count
}

/** Fisher–Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [order[i], order[j]]
    if (a !== undefined && b !== undefined) [order[i], order[j]] = [b, a]
  }
  return order
}
