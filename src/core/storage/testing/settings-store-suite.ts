import { describe, expect, it } from 'vitest'
import type { SettingsStore } from '../index.ts'

/**
 * What every {@link SettingsStore} must do.
 * @param open gives two handles on one fresh, empty profile, as two tabs have
 */
export function settingsStoreSuite(
  title: string,
  open: () => Promise<readonly [SettingsStore, SettingsStore]>,
): void {
  describe(`${title}: settings`, () => {
    it('ST-1 keeps values until they are removed, for both handles', async () => {
      const [a, b] = await open()
      const value = { text: 'x', raw: new Uint8Array([1, 2]), list: [null, true, 1.5], when: new Date(5) }
      await a.set('k', value)
      expect(await b.get('k')).toEqual(value)
      await b.delete('k')
      expect(await a.get('k')).toBeUndefined()
      await b.delete('k')
    })
    it('ST-1 the latest value of a key wins', async () => {
      const [a, b] = await open()
      await a.set('k', 1)
      await b.set('k', 2)
      expect(await a.get('k')).toBe(2)
      expect(await a.keys('')).toEqual(['k'])
    })
    it('ST-1 a value changed after it was kept or after it was read leaves the store alone', async () => {
      const [a] = await open()
      const value = { list: [1] }
      await a.set('k', value)
      value.list.push(2)
      const read = (await a.get('k')) as { list: number[] }
      read.list.push(3)
      expect(await a.get('k')).toEqual({ list: [1] })
    })
    it('ST-1 lists the keys of a prefix, sorted, and no others', async () => {
      const [a] = await open()
      const under = [
        'rooms/',
        'rooms/A',
        'rooms/a',
        'rooms/b',
        'rooms/\u{1f600}',
        'rooms/\ufb00',
        'rooms/\uffff\uffff',
      ]
      for (const key of [...under, 'room', 'roomsx', 'Rooms/a', '']) await a.set(key, 1)
      expect(await a.keys('rooms/')).toEqual([...under].sort())
      expect(await a.keys('nothing')).toEqual([])
      expect(await a.keys('')).toHaveLength(under.length + 4)
    })
    it('ST-1 keys may be long and hold any character', async () => {
      const [a, b] = await open()
      const odd = ['../../etc', 'a/b\\c:*?"<>|', 'CON', 'x'.repeat(500), '\0', '\u{1f600}']
      for (const [i, key] of odd.entries()) await a.set(key, i)
      for (const [i, key] of odd.entries()) expect(await b.get(key)).toBe(i)
    })
  })
}
