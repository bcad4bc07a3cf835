import { afterEach, describe, expect, it } from 'vitest'
import type { FileId } from '../base/ids.ts'
import { equalBytes } from '../base/bytes.ts'
import { fetchBytes, memorySource, Party, randomBytes, textBytes, until } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

const shapes = [
  { people: 2, k: 1, n: 1, holders: 1, losses: 0 },
  { people: 3, k: 1, n: 1, holders: 2, losses: 1 },
  { people: 4, k: 1, n: 1, holders: 2, losses: 1 },
  { people: 5, k: 2, n: 4, holders: 4, losses: 2 },
  { people: 8, k: 2, n: 6, holders: 6, losses: 4 },
]

describe('a file in a room', () => {
  for (const { people, k, n, holders, losses } of shapes) {
    it(`FI-11, FI-17, FI-19: shared among ${people}, it survives its sender and is fetched byte-identical`, async () => {
      const [owner, ...others] = await party.people(people)
      if (owner === undefined) throw new Error('nobody came')
      const contents = [textBytes(3_000_001), randomBytes(2_500_000, people)]
      const files: FileId[] = []
      for (const bytes of contents) files.push(await owner.files.share(memorySource(bytes)))
      for (const file of files) await until(() => owner.view(file)?.durability.safeToClose === true, 'safe')
      for (const file of files) {
        const allPlaced = (): boolean => owner.view(file)?.durability.holdings.length === holders + 1
        await until(allPlaced, 'all placed')
        expect(owner.view(file)?.durability).toMatchObject({
          k,
          n,
          survivableLosses: losses,
          safeToClose: true,
        })
      }
      await owner.leave()
      for (const other of others) {
        for (const [i, file] of files.entries()) {
          expect(equalBytes(await fetchBytes(other, file), contents[i] ?? new Uint8Array(1))).toBe(true)
        }
      }
    })
  }
})
