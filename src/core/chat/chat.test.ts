import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { relayedPatienceMs } from '../room/index.ts'
import { maxTextBytes } from './index.ts'
import { ChatHouse, heardBy, rowOf, say, textsOf } from './testing/chat-house.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { AccountId, CallId, FileId } from '../base/ids.ts'

let house: ChatHouse
beforeEach(() => {
  house = new ChatHouse()
})
afterEach(() => house.stop())

describe('sending', () => {
  it('CH-5 shows a row as pending at once, sent when stored, delivered when another account has receipted it', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    await house.calm()
    const sending = say(anna, 'hello')
    expect(rowOf(anna.chat, 'hello')).toMatchObject({
      state: 'pending',
      id: undefined,
      own: true,
      deliveredTo: [],
    })
    expect(await anna.stores.logs.heads(anna.room.id)).toEqual(new Map())
    await sending
    expect(rowOf(anna.chat, 'hello').state).toBe('sent')
    expect(await anna.stores.logs.range(anna.room.id, anna.identity.account, 0, 9)).toHaveLength(1)
    await house.until(() => bert.chat.timeline().length === 1, 'bert has it')
    expect(rowOf(bert.chat, 'hello')).toMatchObject({ state: 'received', own: false })
    expect(rowOf(anna.chat, 'hello').state).toBe('sent')
    await house.calm()
    expect(rowOf(anna.chat, 'hello')).toMatchObject({
      state: 'delivered',
      deliveredTo: [bert.identity.account],
    })
  })

  it('CH-10 another tab of the same account does not make a row delivered', async () => {
    const stores = undefined
    const anna = await house.open(1, { slot: 0 })
    const annaToo = await house.open(1, { slot: 1, stores: stores ?? anna.stores })
    await house.calm()
    await say(anna, 'only me here')
    await house.calm(60_000)
    expect(textsOf(annaToo.chat)).toEqual(['only me here'])
    expect(rowOf(anna.chat, 'only me here').state).toBe('sent')
    expect(rowOf(annaToo.chat, 'only me here')).toMatchObject({ state: 'sent', own: true })
  })

  it('CH-1 refuses what is empty or too long before a row appears', async () => {
    const anna = await house.open(1)
    for (const text of ['', '   ', '\n\t', '\u0000\u0007', '\u202e']) {
      await expect(say(anna, text)).rejects.toMatchObject({ name: 'EmptyMessageError' })
    }
    await expect(say(anna, 'a'.repeat(maxTextBytes + 1))).rejects.toMatchObject({
      name: 'MessageTooLongError',
    })
    await expect(say(anna, '€'.repeat(maxTextBytes / 3 + 1))).rejects.toMatchObject({
      name: 'MessageTooLongError',
    })
    expect(anna.chat.timeline()).toEqual([])
    await say(anna, 'a'.repeat(maxTextBytes))
    expect(anna.chat.timeline()).toHaveLength(1)
  })

  it('CH-1 carries the longest text to another member', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    const text = '🧩'.repeat(maxTextBytes / 4)
    await say(anna, text)
    await house.until(() => bert.chat.timeline().length === 1, 'bert has it')
    expect(textsOf(bert.chat)).toEqual([text])
  })

  it('CH-7 carries file and call entries as they were given', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    const file = {
      kind: 'file' as const,
      file: 'A'.repeat(43) as FileId,
      key: new Uint8Array(32).fill(5),
      name: '../../\u202egnp.exe',
      sizeBytes: 2 ** 40,
      mediaType: 'image/png',
    }
    const call = {
      kind: 'call' as const,
      call: 'A'.repeat(22) as CallId,
      outcome: 'missed' as const,
      durationMs: 0,
      with: bert.identity.account,
    }
    await anna.chat.send(file)
    await anna.chat.send(call)
    await house.until(() => bert.chat.timeline().length === 2, 'bert has both')
    expect(bert.chat.timeline().map(({ body }) => body)).toEqual([file, call])
    await expect(anna.chat.send({ ...file, name: 'x'.repeat(1_025) })).rejects.toMatchObject({
      name: 'MessageTooLongError',
    })
    await expect(anna.chat.send({ ...file, key: new Uint8Array(31) })).rejects.toMatchObject({
      name: 'InvalidMessageError',
    })
    await expect(anna.chat.send({ ...call, with: 'short' as AccountId })).rejects.toMatchObject({
      name: 'InvalidMessageError',
    })
    expect(anna.chat.timeline()).toHaveLength(2)
  })

  it('CH-8 shows text without control and direction marks, and sends lone surrogates as replacement marks', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    await say(anna, 'a\r\nb\u0000\u001b[31m\u202ec\u2066d\te\ud800f')
    await house.until(() => bert.chat.timeline().length === 1, 'bert has it')
    expect(textsOf(bert.chat)).toEqual(['a\nb[31mcd\te\ufffdf'])
    expect(textsOf(anna.chat)).toEqual(textsOf(bert.chat))
  })

  it('refuses to send before start and after stop', async () => {
    const anna = await house.open(1, { isStarted: false })
    await expect(say(anna, 'x')).rejects.toMatchObject({ name: 'NotStartedError' })
    await anna.chat.start()
    await anna.chat.start()
    await say(anna, 'y')
    await anna.chat.stop()
    await anna.chat.stop()
    await expect(say(anna, 'z')).rejects.toMatchObject({ name: 'NotStartedError' })
  })
})

describe('catching up', () => {
  it('CH-12 a late joiner has the whole history from a member who is not its author', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    await house.calm()
    for (let i = 0; i < 5; i++) await say(anna, `anna ${String(i)}`)
    await say(bert, 'bert')
    await house.calm()
    await house.close(anna)
    await house.clock.advance(60_000)
    const carl = await house.open(3)
    await house.until(() => carl.chat.timeline().length === 6, 'carl has all')
    expect(textsOf(carl.chat)).toEqual(textsOf(bert.chat))
    expect(heardBy(carl, 'chat:appended').every(({ history }) => history)).toBe(true)
  })

  it('CH-12 a returning member gets what was said while away, as news, and its own words stay delivered', async () => {
    const anna = await house.open(1)
    let bert = await house.open(2)
    await house.calm()
    await say(bert, 'back soon')
    await house.calm()
    expect(rowOf(bert.chat, 'back soon').state).toBe('delivered')
    await house.close(bert)
    await house.clock.advance(10_000)
    await say(anna, 'meanwhile')
    bert = await house.open(2, { stores: bert.stores })
    await house.until(() => bert.chat.timeline().length === 2, 'bert caught up')
    expect(textsOf(bert.chat)).toEqual(['back soon', 'meanwhile'])
    expect(rowOf(bert.chat, 'back soon').state).toBe('delivered')
    await house.calm(3_000)
    expect(rowOf(anna.chat, 'meanwhile').state).toBe('delivered')
  })

  it('CH-12 two halves of a parted room agree after they meet through one member', async () => {
    const [a, b, c, d] = [await house.open(1), await house.open(2), await house.open(3), await house.open(4)]
    await house.calm()
    for (const left of [a, b]) for (const right of [c, d]) house.rooms.part(left.room, right.room)
    for (const tab of [a, b, c, d]) await say(tab, `from ${tab.name}`)
    await house.calm(5_000)
    expect(a.chat.timeline()).toHaveLength(2)
    expect(c.chat.timeline()).toHaveLength(2)
    await house.rooms.rejoin(b.room, c.room)
    await house.calm(90_000)
    for (const tab of [a, b, c, d]) expect(textsOf(tab.chat)).toEqual(textsOf(a.chat))
    expect(a.chat.timeline()).toHaveLength(4)
    // News of what was written while we were here, not history.
    expect(heardBy(a, 'chat:appended').every(({ history }) => !history)).toBe(true)
    expect(rowOf(a.chat, 'from 1.0').deliveredTo).toHaveLength(3)
  })

  it('CH-11 words lost by gossip arrive after the missing receipt is noticed', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    await house.calm()
    anna.room.publish = () => Promise.resolve()
    await say(anna, 'into the void')
    await house.calm(1_000)
    expect(bert.chat.timeline()).toEqual([])
    await house.calm(2_500)
    expect(textsOf(bert.chat)).toEqual(['into the void'])
    expect(heardBy(bert, 'chat:appended')).toMatchObject([{ history: false }])
    expect(rowOf(anna.chat, 'into the void').state).toBe('delivered')
  })

  it('CH-11 a member on a relayed link gets new entries by notice', async () => {
    const anna = await house.open(1)
    const bert = await house.open(2)
    await house.calm()
    relay(anna, bert)
    relay(bert, anna)
    await say(anna, 'over the relay')
    await settle(20)
    expect(textsOf(bert.chat)).toEqual(['over the relay'])
    await house.calm(500)
    expect(rowOf(anna.chat, 'over the relay').state).toBe('delivered')
  })

  it('CH-12 a member met over a relay is compared with once its link had time to become direct', async () => {
    const anna = await house.open(1)
    await say(anna, 'before')
    const bert = await house.open(2, { isStarted: false })
    relay(anna, bert)
    relay(bert, anna)
    await bert.chat.start()
    await house.calm(relayedPatienceMs - 1)
    expect(textsOf(bert.chat)).toEqual([])
    await house.calm(1)
    expect(textsOf(bert.chat)).toEqual(['before'])
  })

  it('CH-12 a reload keeps everything, and is one batch of history', async () => {
    let anna = await house.open(1)
    const bert = await house.open(2)
    await house.calm()
    for (let i = 0; i < 20; i++) await say(i % 2 === 0 ? anna : bert, `line ${String(i)}`)
    await house.calm(3_000)
    const before = anna.chat.timeline()
    await house.close(anna)
    await house.close(bert)
    anna = await house.open(1, { stores: anna.stores })
    expect(anna.chat.timeline()).toEqual(before)
    expect(heardBy(anna, 'chat:appended')).toMatchObject([{ history: true, entries: { length: 20 } }])
  })

  it('CH-5 a member whose store was emptied learns its own log before it writes on', async () => {
    const bert = await house.open(2)
    let anna = await house.open(1)
    await house.calm()
    await say(anna, 'before')
    await house.calm(3_000)
    await house.close(anna)
    anna = await house.open(1) // same account, new empty store
    await say(anna, 'after')
    await house.calm(3_000)
    expect(textsOf(bert.chat)).toEqual(['before', 'after'])
    expect(textsOf(anna.chat)).toEqual(['before', 'after'])
    expect(rowOf(anna.chat, 'after').state).toBe('delivered')
    expect(heardBy(bert, 'chat:forked')).toEqual([])
  })
})

/** Makes `tab` see `other` on a relayed link, which gossip does not cross. */
function relay(tab: Awaited<ReturnType<ChatHouse['open']>>, other: typeof tab): void {
  tab.room.mesh.setLink({ peer: other.room.self.peer, path: 'relayed', rttMs: 50 })
  const members = tab.room.members.bind(tab.room)
  tab.room.members = () =>
    members().map((member) =>
      member.peer === other.room.self.peer ? { ...member, path: 'relayed' } : member,
    )
}
