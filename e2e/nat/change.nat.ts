import { pictureBackAfterMs } from './lab/picture.ts'
import { call, expect, meet, test } from './lab/test.ts'

/** From the moment a network goes until a picture is seen through the next. */
const backWithinMs = 5_000

for (const next of ['full-cone', 'symmetric'] as const) {
  test(`CA-17 a network left for a ${next} one under a call: the picture is back in five seconds`, async ({
    networks,
    personAt,
  }, info) => {
    const ann = await personAt('Ann', await networks.site('port-restricted'))
    const ben = await personAt('Ben', await networks.site('port-restricted'))
    await meet(ann, ben)
    await call(ann, ben)
    await networks.change(ann.site.host, next)
    const waits = await Promise.all([ann, ben].map(pictureBackAfterMs))
    info.annotations.push({ type: 'picture back after', description: `${waits.join(' and ')} ms` })
    expect(Math.max(...waits)).toBeLessThan(backWithinMs)
    for (const { tab } of [ann, ben]) await tab.receivesFrom(1)
  })
}
