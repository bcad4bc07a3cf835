import { compareFigures, expectWithinFifth, type Figures } from './lab/figures.ts'
import { call, expect, meet, test, type Person } from './lab/test.ts'

/** Figures of one second vary: a mean of this many is compared. */
const changes = 25

/** The app is kept for starts without a network: until it is, it is fetched over the same line, which figures of a call know nothing of. */
async function isKept({ tab }: Person): Promise<void> {
  await tab.page.evaluate(async () => void (await navigator.serviceWorker.ready))
}

test('CA-20 over a line that loses 5 % sound goes on, and the figures say what the line does', async ({
  networks,
  personAt,
}, info) => {
  const ann = await personAt('Ann', await networks.site('port-restricted', true))
  const ben = await personAt('Ben', await networks.site('open'))
  await meet(ann, ben)
  await call(ann, ben)
  await Promise.all([ann, ben].map(isKept))
  await ann.site.wire?.shape({ delayMs: 60, loss: 0.05 })
  const isFitting = ({ loss, rttMs }: Figures): boolean => loss > 1 && rttMs > 100
  const { seen, wire } = await compareFigures(ann, ben, isFitting, changes)
  info.annotations.push({ type: 'figures', description: JSON.stringify({ seen, wire }) })
  // Loss is dice: what the wire dropped of these seconds' packets is the truth, not the share it was told to drop.
  expect(wire.loss).toBeGreaterThan(3)
  expectWithinFifth(seen.loss, wire.loss)
  expectWithinFifth(seen.rttMs, 120)
})

test('CA-20 over a line of 300 kbit/s sound goes on, and the figures say what the line carries', async ({
  networks,
  personAt,
}, info) => {
  const ann = await personAt('Ann', await networks.site('port-restricted', true))
  const ben = await personAt('Ben', await networks.site('open'))
  await meet(ann, ben)
  await call(ann, ben)
  await Promise.all([ann, ben].map(isKept))
  await ann.site.wire?.shape({ kbitPerSecond: 300 })
  const isFitting = ({ receivedKbps, sentKbps }: Figures): boolean => receivedKbps < 310 && sentKbps < 310
  const { seen, wire } = await compareFigures(ann, ben, isFitting, changes)
  info.annotations.push({ type: 'figures', description: JSON.stringify({ seen, wire }) })
  expect(wire.receivedKbps).toBeLessThan(310)
  expectWithinFifth(seen.receivedKbps, wire.receivedKbps)
  expectWithinFifth(seen.sentKbps, wire.sentKbps)
})
