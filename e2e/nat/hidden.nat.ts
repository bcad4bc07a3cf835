import { call, expect, hideAddress, meet, saysPath, test } from './lab/test.ts'
import { Capture, Straight } from './lab/traffic.ts'

test('CA-22 in a room that is relay-only no packet passes between the two hosts, nor to any other server', async ({
  networks,
  personAt,
}) => {
  // Two public addresses without a filter: nothing but the switch keeps them from a direct way.
  const [ann, ben] = [
    await personAt('Ann', await networks.site('open')),
    await personAt('Ben', await networks.site('open')),
  ]
  const link = await ann.tab.startRoom()
  await hideAddress(ann)
  const [atAnn, atBen] = [await Capture.on(ann.site), await Capture.on(ben.site)]
  await ben.tab.join(link)
  await expect(ann.tab.person('Ben').first()).toHaveAttribute('data-path', 'hidden')
  await call(ann, ben)
  await saysPath(ann, ben, 'hidden')
  await saysPath(ben, ann, 'relayed')
  for (const { tab } of [ann, ben]) await tab.receivesFrom(1)
  for (const capture of [atAnn, atBen]) {
    const { peers, packets } = await capture.end()
    expect(packets).toBeGreaterThan(1_000)
    expect(peers).toEqual(['203.0.113.1'])
  }
})

test('CA-22 switched in a call, the picture is back and no packet goes straight from then on', async ({
  networks,
  personAt,
}) => {
  const [ann, ben] = [
    await personAt('Ann', await networks.site('open')),
    await personAt('Ben', await networks.site('full-cone')),
  ]
  await meet(ann, ben)
  const straight = Straight.between(ann.site, ben.site)
  await call(ann, ben)
  await saysPath(ann, ben, 'direct')
  expect(straight.media()).toBeGreaterThan(100)

  await hideAddress(ben)
  await saysPath(ben, ann, 'hidden')
  await saysPath(ann, ben, 'relayed')
  // What Ann had sent before she heard of it is through by now.
  const after = straight.all()
  for (const { tab } of [ann, ben]) await tab.receivesFrom(1)
  expect(straight.all()).toBe(after)
})
