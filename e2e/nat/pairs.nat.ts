import { isDirect, type Nat } from './lab/nat-rules.ts'
import { call, expect, meet, saysPath, test } from './lab/test.ts'
import { Straight } from './lab/traffic.ts'

/** Each outcome of theory by the pairs that are hardest for it. */
const everyRun: readonly (readonly [Nat, Nat])[] = [
  ['open', 'symmetric'],
  ['full-cone', 'symmetric'],
  ['port-restricted', 'port-restricted'],
  ['port-restricted', 'symmetric'],
  ['symmetric', 'symmetric'],
  ['open', 'udp-blocked'],
  ['udp-blocked', 'udp-blocked'],
]
/** The rest of the matrix: `npm run test:nat -- --all`. */
const onDemand: readonly (readonly [Nat, Nat])[] = [
  ['open', 'open'],
  ['open', 'full-cone'],
  ['open', 'port-restricted'],
  ['full-cone', 'full-cone'],
  ['full-cone', 'port-restricted'],
  ['full-cone', 'udp-blocked'],
  ['port-restricted', 'udp-blocked'],
  ['symmetric', 'udp-blocked'],
]

const pairs = process.env['TESSERA_NAT_ALL'] === '1' ? [...everyRun, ...onDemand] : everyRun

for (const [left, right] of pairs) {
  const path = isDirect(left, right) ? 'direct' : 'relayed'
  test(`a call between ${left} and ${right} is ${path}, and says so`, async ({ networks, personAt }) => {
    const [ann, ben] = await Promise.all([
      personAt('Ann', await networks.site(left)),
      personAt('Ben', await networks.site(right)),
    ])
    await meet(ann, ben)
    const straight = Straight.between(ann.site, ben.site)
    await call(ann, ben)
    await saysPath(ann, ben, path)
    await saysPath(ben, ann, path)
    // What is said is what happens.
    const before = straight.media()
    for (const { tab } of [ann, ben]) await tab.receivesFrom(1)
    const went = straight.media() - before
    if (path === 'direct') expect(went).toBeGreaterThan(50)
    else expect(went).toBe(0)
  })
}
