import type { AccountId } from '../core/base/ids.ts'
import type { Room } from '../core/room/index.ts'
import type { Announcer } from './announcer.svelte.ts'
import { groupPeople, type Person } from './people-groups.ts'
import { showControls } from './safe-name.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'

/** The people of a room, each with all their tabs. */
export class PeopleState {
  readonly #room: Room
  readonly #changed: () => void
  readonly #stop = new AbortController()

  constructor(room: Room, announcer: Announcer, toasts: ToastsState, nameChanged: () => void) {
    this.#room = room
    const changed = watch(room.events, 'member:joined', 'member:changed', 'member:left', 'room:looked')
    this.#changed = () => {
      changed()
      nameChanged()
    }
    const { signal } = this.#stop
    const present = (account: AccountId): number =>
      room.members().filter((member) => member.account === account).length
    room.events.on(
      'member:joined',
      ({ account, name }) => {
        // A second tab of a person is no news.
        if (account !== room.self.account && present(account) <= 1) announcer.joined(showControls(name))
      },
      { signal },
    )
    let isTold = false
    room.events.on(
      'peer:refused',
      ({ reason }) => {
        // Strangers are turned away in silence; a friend with another version must be told of, once.
        if (reason !== 'VersionError' || isTold) return
        isTold = true
        toasts.show({ tone: 'problem', text: t('people.otherVersion') })
      },
      { signal },
    )
    room.events.on(
      'member:left',
      ({ account, name, peer }) => {
        const others = room.members().some((member) => member.account === account && member.peer !== peer)
        if (account !== room.self.account && !others) announcer.left(showControls(name))
      },
      { signal },
    )
  }

  /** Everyone known to be in the room, ourselves first. */
  get list(): readonly Person[] {
    this.#changed()
    const { account, peer } = this.#room.self
    return groupPeople({ account, peer, name: this.#room.name() }, this.#room.members()).map((person) => ({
      ...person,
      name: showControls(person.name),
    }))
  }

  /** Nobody else is known yet, and it is not known that nobody is there. */
  get isLooking(): boolean {
    this.#changed()
    return this.#room.isLooking() && this.#room.members().length === 0
  }

  /** Other people who can be reached now. */
  get reachable(): readonly Person[] {
    return this.list.filter((person) => !person.isSelf && person.path !== 'away')
  }

  get self(): AccountId {
    return this.#room.self.account
  }

  /** The name to show for an account: "You", the name last seen, or "Someone". */
  nameOf(account: AccountId): string {
    this.#changed()
    if (account === this.#room.self.account) return t('app.you')
    const name = this.#room.nameOf(account)
    return name === undefined ? t('app.someone') : showControls(name)
  }

  /** Whether something can be sent to this person alone: older builds have no key for it. */
  canSendTo(account: AccountId): boolean {
    this.#changed()
    return this.#room.agreementOf(account) !== undefined
  }
  /** Others that something may be sent to, those who are away too. */
  get others(): readonly Person[] {
    return this.list.filter((person) => !person.isSelf)
  }

  namesOf(accounts: readonly AccountId[]): readonly string[] {
    return accounts.map((account) => this.nameOf(account))
  }

  stop(): void {
    this.#stop.abort()
  }
}
