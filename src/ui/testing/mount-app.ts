import { mount, unmount } from 'svelte'
import { onTestFinished } from 'vitest'
import type { AppInit, AppState } from '../../app/app.svelte.ts'
import { fakeApp, type FakeWindow } from '../../app/testing/fake-app.ts'
import { FakePeer } from '../../app/testing/fake-peer.ts'
import App from '../App.svelte'
import '../base.css'

/** An app on the page over a peer that the test plays. */
export interface Mounted {
  readonly peer: FakePeer
  readonly app: AppState
  readonly window: FakeWindow
}

/** Draws the app at an address and takes it away when the test is over. */
export async function mountApp(
  hash = '',
  prepare: (peer: FakePeer) => void = () => undefined,
  init: Partial<AppInit> = {},
): Promise<Mounted> {
  const peer = new FakePeer()
  prepare(peer)
  const { app, window } = fakeApp(peer, { hash, ...init })
  app.prefs.markNameAsked()
  const target = document.createElement('div')
  document.body.append(target)
  const component = mount(App, { target, props: { app } })
  onTestFinished(async () => {
    await app.stop()
    await unmount(component)
    target.remove()
  })
  app.start()
  // Tests of a failed start look at what is drawn of it.
  app.peer.ready().catch(() => undefined)
  return { peer, app, window }
}

/** {@link mountApp} in the fake room, alone unless `prepare` brings others. */
export function mountRoom(prepare?: (peer: FakePeer) => void, init?: Partial<AppInit>): Promise<Mounted> {
  return mountApp('#/r/whole', prepare, init)
}
