import { describe, expect, it } from 'vitest'
import type { ChurnInit } from './testing/churn.ts'
import { ChurnSim } from './testing/churn-sim.ts'

const room: ChurnInit = {
  ...{ seed: 5, people: 20, files: 8, days: 1, leavingPerHour: 0.3, returning: 0, rottingPerHour: 0.02 },
  ...{ detectMs: 60_000, repairMs: 180_000, leavers: 'awaited' },
}

describe('a day of coming and going', () => {
  it('FI-62 to FI-65: a third leaving an hour and rotting disks lose nothing', () => {
    const { lost, departures, rebuiltColumns, rotted, found } = new ChurnSim(room).run()
    expect(lost).toBe(0)
    expect(departures).toBeGreaterThan(100)
    expect(rebuiltColumns).toBeGreaterThan(100)
    expect(found).toBeGreaterThan(rotted / 2)
  })

  it('FI-67: what repairs cannot save is told to be at risk before it is lost', () => {
    const { lost, lostUnwarned } = new ChurnSim({ ...room, repairMs: 7_200_000 }).run()
    expect(lost).toBeGreaterThan(0)
    expect(lostUnwarned).toBe(0)
  })

  it('FI-62: awaiting who breaks off saves most repairs', () => {
    const back = { ...room, returning: 0.9, rottingPerHour: 0 }
    const awaited = new ChurnSim(back).run().repairs
    const writtenOff = new ChurnSim({ ...back, leavers: 'written-off' }).run().repairs
    expect(awaited).toBeLessThan(writtenOff * 0.3)
  })
})
