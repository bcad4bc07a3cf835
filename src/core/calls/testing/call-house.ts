import { systemRandom } from '../../base/clock.ts'
import type { AccountId } from '../../base/ids.ts'
import { ManualClock, settle } from '../../base/testing/manual-clock.ts'
import { LoopbackRooms, type LoopbackRoom } from '../../room/testing/loopback-room.ts'
import { createCalls, type Calls, type CallState, type EndReason, type Participant } from '../index.ts'
import { FakeMedia } from './fake-media.ts'

export const both = { audio: true, video: true }

export interface Person {
  readonly room: LoopbackRoom
  readonly calls: Calls
  readonly media: FakeMedia
  readonly states: CallState['kind'][]
  readonly reports: EndReason[]
  /** Names of errors with which the other side's signalling was refused. */
  readonly refusals: string[]
}

/** A room whose members have calls over fake media, on one virtual clock. */
export class CallHouse {
  readonly rooms = new LoopbackRooms()
  readonly clock = new ManualClock()

  async person(peer: string, account = `account of ${peer}`): Promise<Person> {
    const room = await this.rooms.join(peer, account as AccountId)
    const media = new FakeMedia()
    const reports: EndReason[] = []
    const refusals: string[] = []
    const calls = createCalls({
      room,
      media,
      clock: this.clock,
      random: systemRandom,
      logger: (_, event, facts) => {
        if (event === 'call signalling refused') refusals.push(String(facts?.['error']))
      },
      report: (ended) => reports.push(ended.reason),
    })
    const states: CallState['kind'][] = []
    calls.events.on('call:changed', ({ state }) => states.push(state.kind))
    await calls.start()
    return { room, calls, media, states, reports, refusals }
  }

  async people(...names: string[]): Promise<Person[]> {
    const people: Person[] = []
    for (const name of names) people.push(await this.person(name))
    return people
  }

  /** All of them in the room's call. */
  async joined(...names: string[]): Promise<Person[]> {
    const people = await this.people(...names)
    for (const { calls } of people) await calls.join(both)
    await settle(8)
    return people
  }
}

export function peopleOf({ calls }: Person): readonly Participant[] {
  const state = calls.state()
  return state.kind === 'live' || state.kind === 'connecting' ? state.people : []
}

/** Each other participant as `peer link`, in the order of the tiles. */
export function linksOf(person: Person): string[] {
  return peopleOf(person).map(({ peer, link }) => `${peer} ${link}`)
}

export function reasonOf({ calls }: Person): EndReason | undefined {
  const state = calls.state()
  return state.kind === 'ended' ? state.reason : undefined
}
