import { pictureBackAfterMs } from './lab/picture.ts'
import { call, expect, meet, test } from './lab/test.ts'

/** From the moment a network goes until both see a picture through the next; the middle of three. */
const backWithinMs = 5_000

test('CA-17 networks left under a call, one after the other: both have a picture again in five seconds', async ({
  networks,
  personAt,
}, info) => {
  const ann = await personAt('Ann', await networks.site('port-restricted'))
  const ben = await personAt('Ben', await networks.site('port-restricted'))
  await meet(ann, ben)
  await call(ann, ben)
  const worst: number[] = []
  for (const next of ['full-cone', 'symmetric', 'port-restricted'] as const) {
    await networks.change(ann.site.host, next)
    const waits = await Promise.all([ann, ben].map(pictureBackAfterMs))
    info.annotations.push({ type: `${next}, picture back after`, description: `${waits.join(' and ')} ms` })
    worst.push(Math.max(...waits))
    for (const { tab } of [ann, ben]) await tab.receivesFrom(1)
  }
  expect(worst.toSorted((a, b) => a - b)[1]).toBeLessThan(backWithinMs)
})
